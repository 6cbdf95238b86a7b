package dev.millrace.schemas.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TopicsTest {
    @Test
    void namesTheTopicsUnderTheirPrefix() {
        Topics topics = new Topics("team.");

        assertThat(topics.requests()).isEqualTo("team.requests");
        assertThat(topics.deadLetters()).isEqualTo("dlq.team.requests");
        assertThat(topics.catalogue(4, (short) 1))
                .extracting(TopicSpec::name)
                .containsExactly(
                        "team.requests",
                        "team.results",
                        "team.results.shadow",
                        "dlq.team.requests",
                        "team.control",
                        "team.artifacts",
                        "team.status",
                        "team.feedback");
    }

    @Test
    void givesTheControlTopicOnePartitionWhateverIsAsked() {
        assertThat(Topics.standard().catalogue(8, (short) 1))
                .filteredOn(spec -> spec.name().equals("millrace.control"))
                .singleElement()
                .satisfies(spec -> {
                    assertThat(spec.partitions()).isEqualTo(1);
                    assertThat(spec.configs()).containsEntry("cleanup.policy", "compact");
                });
    }

    @Test
    void refusesAPrefixThatKafkaWouldRefuse() {
        assertThatThrownBy(() -> new Topics("a b")).hasMessageContaining("topic prefix: a b (expected:");
    }

    @Test
    void readsBackTheControlKeysItWrites() {
        assertThat(ControlKey.parse("model/fashion-mnist/12")).isEqualTo(new ControlKey.Model("fashion-mnist", 12));
        assertThat(ControlKey.parse("rollout/fashion-mnist")).isEqualTo(new ControlKey.RolloutOf("fashion-mnist"));
        assertThat(new ControlKey.Model("a", 1)).hasToString("model/a/1");
    }

    @Test
    void passesOverKeysOfOtherKinds() {
        for (String key : new String[] {"", "model/", "model/a/0", "model/A/1", "policy/a", "rollout/a/b", null}) {
            assertThat(ControlKey.parse(key)).as("key %s", key).isNull();
        }
    }

    @Test
    void refusesModelNamesThatNoTopicKeyShouldHold() {
        assertThatThrownBy(() -> new ControlKey.Model("Fashion", 1)).hasMessageContaining("model name: Fashion");
        assertThatThrownBy(() -> new ControlKey.Model("fashion", 0)).hasMessageContaining("model version: 0");
    }
}

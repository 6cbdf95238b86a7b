package dev.millrace.worker.publish;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.topic.Topics;
import org.junit.jupiter.api.Test;

class ReplyPolicyTest {
    private static final Topics TOPICS = Topics.standard();

    @Test
    void allowsWhatBeginsAsItsSettingSays() {
        ReplyPolicy policy = ReplyPolicy.parse("millrace.replies, shop.", TOPICS);

        assertThat(policy.allows("millrace.replies")).isTrue();
        assertThat(policy.allows("millrace.replies.of-mine")).isTrue();
        assertThat(policy.allows("shop.answers")).isTrue();
        assertThat(policy.allows("workshop.answers")).isFalse();
        assertThat(policy.allows("Shop.answers")).isFalse();
    }

    @Test
    void allowsNothingWithoutASetting() {
        assertThat(ReplyPolicy.parse(" ", TOPICS).allows("millrace.replies")).isFalse();
        assertThat(ReplyPolicy.NONE.allows("")).isFalse();
    }

    @Test
    void neverAllowsATopicOfMillraceOrOfKafka() {
        ReplyPolicy policy = ReplyPolicy.parse("millrace.,dlq.,_", TOPICS);

        TOPICS.catalogue(1, (short) 1)
                .forEach(topic -> assertThat(policy.allows(topic.name())).isFalse());
        assertThat(policy.allows("__consumer_offsets")).isFalse();
        assertThat(policy.allows("millrace.replies")).isTrue();
    }
}

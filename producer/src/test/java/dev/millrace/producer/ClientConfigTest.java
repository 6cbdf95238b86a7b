package dev.millrace.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClientConfigTest {
    private static final ClientConfig CONFIG = ClientConfig.of("localhost:9092");

    @Test
    void hasTheDocumentedDefaults() {
        assertThat(CONFIG)
                .isEqualTo(new ClientConfig("localhost:9092", "millrace.", 1_000, Duration.ofSeconds(30), Map.of()));
    }

    @Test
    void namesWhatIsWrongAndWhatWasExpected() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientConfig.of(" "))
                .withMessage("bootstrapServers: empty (expected: host:port[,host:port...])");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CONFIG.withMaxInFlight(0))
                .withMessage("maxInFlight: 0 (expected: 1 to 1000000)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CONFIG.withTimeout(Duration.ZERO))
                .withMessage("timeout: PT0S (expected: 1 ms to 1 day)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CONFIG.withTopicPrefix("no spaces"))
                .withMessageContaining("topic prefix: no spaces");
    }

    @Test
    void refusesKafkaPropertiesItsCorrectnessDependsOn() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CONFIG.withKafka(Map.of("group.id", "mine")))
                .withMessageContaining("kafka property: group.id");
    }

    @Test
    void givesEachKafkaClientOnlyThePropertiesItKnows() {
        KafkaProperties properties = new KafkaProperties(CONFIG.withKafka(
                Map.of("compression.type", "none", "fetch.min.bytes", "9", "client.id", "me", "plugin.key", "x")));

        assertThat(properties.producer())
                .containsEntry("compression.type", "none")
                .containsEntry("client.id", "me")
                .containsEntry("plugin.key", "x")
                .doesNotContainKey("fetch.min.bytes");
        assertThat(properties.consumer())
                .containsEntry("fetch.min.bytes", "9")
                .containsEntry("client.id", "me")
                .containsEntry("plugin.key", "x")
                .doesNotContainKey("compression.type");
        assertThat(properties.admin()).containsOnlyKeys("bootstrap.servers", "client.id", "plugin.key");
    }

    @Test
    void keepsTheDeliveryTimeoutAboveLingerAndRequestTimeout() {
        Map<String, Object> properties = new KafkaProperties(CONFIG.withTimeout(Duration.ofMillis(200))).producer();

        assertThat(properties)
                .containsEntry("request.timeout.ms", "200")
                .containsEntry("linger.ms", "5")
                .containsEntry("delivery.timeout.ms", "205");
    }
}

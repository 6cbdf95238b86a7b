package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.worker.delivery.DeliveryMode;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BrokerFeaturesTest {
    @Test
    void refusesTransactionsThatALateEndCanTear() {
        assertThatThrownBy(() -> new BrokerFeatures(Map.of("transaction.version", (short) 1))
                        .requireFor(DeliveryMode.EXACTLY_ONCE))
                .hasMessageContaining("transaction.version: 1 (expected: 2 for --delivery exactly-once");
        assertThatThrownBy(() -> new BrokerFeatures(Map.of()).requireFor(DeliveryMode.EXACTLY_ONCE))
                .hasMessageContaining("transaction.version: 0 (expected: 2");
    }

    @Test
    void refusesAQueueWithoutShareGroups() {
        assertThatThrownBy(() -> new BrokerFeatures(Map.of("share.version", (short) 0)).requireFor(DeliveryMode.QUEUE))
                .hasMessageContaining("share.version: 0 (expected: 1 for --delivery queue");
    }

    @Test
    void asksForNoMoreThanTheModeNeeds() {
        assertThatCode(() -> new BrokerFeatures(Map.of("transaction.version", (short) 2))
                        .requireFor(DeliveryMode.EXACTLY_ONCE))
                .doesNotThrowAnyException();
        assertThatCode(() -> new BrokerFeatures(Map.of()).requireFor(DeliveryMode.AT_LEAST_ONCE))
                .doesNotThrowAnyException();
    }
}

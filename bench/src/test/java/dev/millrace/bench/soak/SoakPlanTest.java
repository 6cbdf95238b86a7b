package dev.millrace.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.worker.delivery.DeliveryMode;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SoakPlanTest {
    @ParameterizedTest
    @CsvSource({
        "PT24S, PT12S, PT8S",
        "PT4M, PT2M, PT30S",
        "PT10M, PT3M, PT30S",
        "PT20M, PT4M, PT30S",
        "PT8H, PT96M, PT30S"
    })
    void warmsUpForMinutesIfThereIsTime(Duration length, Duration warmUp, Duration period) {
        SoakPlan plan = new SoakPlan(DeliveryMode.AT_LEAST_ONCE, length, 100, Duration.ofSeconds(60), 1);
        assertThat(plan.warmUp()).isEqualTo(warmUp);
        assertThat(plan.period()).isEqualTo(period);
    }
}

package dev.millrace.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.bench.terminal.ProgressLine;
import dev.millrace.worker.delivery.DeliveryMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** That a soak runs, in half a minute; what grows shows in a long one only. With {@code -Pfaults}. */
@EnabledOnOs(OS.LINUX)
@EnabledIfSystemProperty(named = "millrace.faults.all", matches = "true")
class SoakIT {
    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path folder;

    @Test
    void readsEveryWorkerWhileVersionsChange() throws Exception {
        long seed = Long.getLong("millrace.faults.seed", new Random().nextInt(1_000_000));
        SoakPlan plan =
                new SoakPlan(DeliveryMode.AT_LEAST_ONCE, Duration.ofSeconds(24), 100, Duration.ofSeconds(6), seed);
        SoakReport report;
        try (Soak soak = Soak.prepare(folder, plan, new ProgressLine("soak", 24))) {
            report = soak.run();
        }
        assertThat(report.failures())
                .as("seed %d", seed)
                .noneMatch(failure -> failure.startsWith("soak:") || failure.startsWith("period"));
        assertThat(report.requests()).isPositive();
        assertThat(report.swaps()).isNotEmpty();
        assertThat(report.p50()).isPositive();
        assertThat(report.processes())
                .filteredOn(row -> row.name().startsWith("worker-"))
                .hasSize(2)
                .allSatisfy(row -> assertThat(row.growth()).containsOnlyKeys(Measure.values()));
    }
}

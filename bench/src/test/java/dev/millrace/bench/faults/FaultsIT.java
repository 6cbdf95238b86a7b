package dev.millrace.bench.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.bench.faults.Campaign.Plan;
import dev.millrace.bench.faults.scenario.Fault;
import dev.millrace.bench.faults.scenario.Faults;
import dev.millrace.worker.delivery.DeliveryMode;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * The guarantees under faults: one of them in every build, all of them with {@code -Pfaults}. A failure names the seed;
 * {@code -Dmillrace.faults.seed} repeats it.
 */
@EnabledOnOs(OS.LINUX)
@DisabledIfSystemProperty(named = "millrace.test.broker", matches = "container", disabledReason = "embedded only")
class FaultsIT {
    private static final List<DeliveryMode> MODES = List.of(DeliveryMode.values());
    private static final boolean ALL = Boolean.getBoolean("millrace.faults.all");
    private static final List<String> SHORT = List.of("worker-killed");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path folder;

    @Test
    void nothingIsLostWhateverBreaks() throws Exception {
        long seed = Long.getLong("millrace.faults.seed", new Random().nextInt(1_000_000));
        List<Supplier<Fault>> faults = ALL
                ? Faults.all()
                : SHORT.stream().map(name -> Faults.named(name).orElseThrow()).toList();
        List<FaultSummary> summaries;
        try (Campaign campaign = Campaign.prepare(folder, new Plan(MODES, faults, 1, seed), new Silent())) {
            summaries = campaign.run();
        }
        assertThat(summaries).as("seed %d", seed).allSatisfy(row -> {
            assertThat(row.failures()).isEmpty();
            assertThat(row.lost()).isZero();
            assertThat(row.requests()).isPositive();
        });
    }

    private static final class Silent implements Campaign.Progress {
        @Override
        public void running(int done, String fault, DeliveryMode mode) {}

        @Override
        public void close() {}
    }
}

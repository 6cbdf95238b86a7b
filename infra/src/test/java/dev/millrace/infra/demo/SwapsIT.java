package dev.millrace.infra.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.infra.source.DatasetSource;
import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.ImageClient;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.publish.ModelRegistry.Decided;
import dev.millrace.trainer.publish.ModelRegistry.Start;
import dev.millrace.trainer.rollout.RolloutCommand;
import dev.millrace.trainer.rollout.VersionName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Swap after swap in one worker under full load. */
@EnabledIfSystemProperty(named = "millrace.faults.all", matches = "true")
class SwapsIT {
    private static final String MODEL = "fashion-mnist";
    private static final String WORKER = "worker-1";
    private static final int SWAPS = 200;
    private static final int ROUNDS = 4;
    private static final int IN_FLIGHT = 256;

    /** More than one worker can do: what is in flight bounds it. */
    private static final int TOO_MANY_PER_SECOND = 20_000;

    private static final long MOST_GROWTH_KIB = 64 << 10;

    @TempDir
    private Path folder = Path.of("");

    @Test
    void losesNothingUnderFullLoadAndGivesItsMemoryBack() throws Exception {
        try (Services services = new Services(folder, MODEL)) {
            services.startBroker();
            services.publish(BundledModels.read(BundledModels.FASHION_MNIST), Start.ANSWERING);
            services.publish(BundledModels.read(BundledModels.FASHION_MNIST_EARLY), Start.WAITING);
            // What is asked here is the swap; a process of its own for each would be most of the time.
            services.startWorker(WORKER, "--set", "millrace.models.rehearsal=false");
            try (ImageClient client = ImageClient.connect(ClientConfig.of(services.bootstrap())
                    .withMaxInFlight(IN_FLIGHT)
                    .withTimeout(Services.LIMIT))) {
                DatasetSource images = DatasetSource.load(DatasetSpec.parse(BundledModels.FASHION_MNIST));
                SteadyLoad load = SteadyLoad.of(client, images, TOO_MANY_PER_SECOND);
                load.start();
                await().atMost(Services.LIMIT).until(() -> load.answered() > 20_000);
                long from = System.nanoTime();
                // Both versions and all buffers have been there once.
                swap(services, 2);
                swap(services, 1);
                say(load, "before", 0, from, services);
                long base = residentKib(services);
                long resident = base;
                for (int round = 1; round <= ROUNDS; round++) {
                    from = System.nanoTime();
                    for (int i = 0; i < SWAPS / ROUNDS; i++) {
                        swap(services, i % 2 == 0 ? 2 : 1);
                    }
                    if (SWAPS / ROUNDS % 2 != 0) {
                        swap(services, 1);
                    }
                    resident = say(load, "during", round * SWAPS / ROUNDS, from, services);
                }
                load.stop(Services.LIMIT);
                assertThat(load.firstFailure()).isNull();
                assertThat((long) load.answered()).isEqualTo(load.published());
                assertThat(ResultLog.read(services.bootstrap(), Services.TOPICS.results())
                                .duplicated())
                        .isZero();
                assertThat(services.process(WORKER).isAlive()).isTrue();
                assertThat(resident - base).as("KiB above %d KiB", base).isLessThan(MOST_GROWTH_KIB);
            }
        }
    }

    /** Promotes the version and waits until the worker has nothing else. */
    private static void swap(Services services, int version) throws Exception {
        Decided decided = services.decide(new RolloutCommand.Promote(MODEL, VersionName.of(version)));
        await().atMost(Services.LIMIT)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> services.registry().workers().stream().allMatch(worker -> worker.of(MODEL).stream()
                        .allMatch(said -> said.getEpoch() == decided.epoch() && said.getVersion() == version)));
    }

    private static long say(SteadyLoad load, String when, int swaps, long from, Services services) throws IOException {
        long to = System.nanoTime();
        SteadyLoad.Span span = load.between(from, to);
        long resident = residentKib(services);
        System.out.printf(
                Locale.ROOT,
                "%s, %d swaps: %.0f answers/s, longest gap %.1f ms, resident %,d KiB%n",
                when,
                swaps,
                load.rate(Duration.ofNanos(to - from)),
                span.longestGapMs(),
                resident);
        return resident;
    }

    private static long residentKib(Services services) throws IOException {
        Path status = Path.of("/proc", Long.toString(services.process(WORKER).pid()), "status");
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }
}

package dev.millrace.infra.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.ImageClient;
import dev.millrace.producer.OutgoingImage;
import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutEvent;
import dev.millrace.trainer.publish.ModelRegistry.Start;
import dev.millrace.trainer.rollout.TrialCommand;
import dev.millrace.trainer.rollout.TrialCommand.Choice;
import dev.millrace.trainer.rollout.VersionName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two versions of a detector on trial under load: there are no best labels, and the judge decides all the same. */
class DetectorTrialIT {
    private static final String MODEL = "lamps";
    private static final int SIDE = 16;
    private static final int PER_SECOND = 150;
    private static final int BRIGHTEST_DARK = 100;
    private static final int DARKEST_LAMP = 140;

    /** Quick: these are no limits for a service, and so few results prove nothing of a p99. */
    private static final String POLICY = """
            samples: {harm: 50, results: 60, labels: 60}
            worse: {errors: 15, confidence: 30, p50: 50, p99: 0}
            agreement: 75
            workers: {heartbeat_s: 8}
            shadow: {then: canary, steps: [20%, 50%], hold_s: 1}
            """;

    @TempDir
    private Path folder = Path.of("");

    private final List<RolloutEvent> told = new ArrayList<>();

    @Test
    void oneThatFindsTheSameIsPromotedAndOneThatFindsLessGoesBack() throws Exception {
        try (Services services = new Services(folder, MODEL)) {
            services.startBroker();
            services.publish(TaskModels.detector(MODEL, SIDE, 0.5), Start.ANSWERING);
            services.startWorker("worker-1");
            services.startJudge(POLICY);
            try (ImageClient client =
                    ImageClient.connect(ClientConfig.of(services.bootstrap()).withTimeout(Services.LIMIT))) {
                long seed = System.nanoTime();
                Random random = new Random(seed);
                SteadyLoad load = new SteadyLoad(client, List.of(), number -> shot(random), PER_SECOND);
                load.start();

                services.publish(TaskModels.detector(MODEL, SIDE, 0.45), Start.WAITING);
                services.decide(new TrialCommand.Shadow(MODEL, latest(), 5_000, Choice.BY_REQUEST));

                RolloutEvent begun = awaitOf(services, 2, RolloutAction.CANARY_BEGUN);
                assertThat(begun.getFigures())
                        .as("seed %d: %s", seed, begun)
                        .containsEntry("challenger.agreement", 1.0)
                        .containsKeys("champion.confidence", "challenger.confidence")
                        .doesNotContainKey("challenger.accuracy");
                RolloutEvent promoted = awaitOf(services, 2, RolloutAction.PROMOTED);
                assertThat(promoted.getReason())
                        .startsWith("version 2 keeps all limits: errors 0.00 %")
                        .contains("confidence")
                        .doesNotContain("accuracy");

                // It sees the brightest lamps alone.
                services.publish(TaskModels.detector(MODEL, SIDE, 0.97), Start.WAITING);
                services.decide(new TrialCommand.Canary(
                        MODEL, latest(), List.of(2_000, 5_000), Duration.ofSeconds(1), Choice.BY_REQUEST));

                RolloutEvent rolledBack = awaitOf(services, 3, RolloutAction.ROLLED_BACK);
                assertThat(rolledBack.getReason()).startsWith("version 3 is beyond its limits: confidence ");

                services.publish(TaskModels.detector(MODEL, SIDE, 0.75), Start.WAITING);
                services.decide(new TrialCommand.Shadow(MODEL, latest(), 5_000, Choice.BY_REQUEST));

                RolloutEvent differs = awaitOf(services, 4, RolloutAction.ROLLED_BACK);
                assertThat(differs.getReason())
                        .startsWith("version 4 is beyond its limits: ")
                        .contains("agreement ");
                load.stop(Services.LIMIT);
                assertThat(load.firstFailure()).isNull();
                assertThat((long) load.answered()).isEqualTo(load.published());
            }
        }
    }

    private static VersionName latest() {
        return new VersionName("latest");
    }

    private RolloutEvent awaitOf(Services services, int version, RolloutAction action) {
        await(action + " of version " + version).atMost(Services.LIMIT).until(() -> {
            told.clear();
            services.registry().story(MODEL).stream()
                    .filter(event -> event.getVersion() == version && event.getAction() == action)
                    .filter(event -> event.getDecidedBy().startsWith("judge@"))
                    .forEach(told::add);
            return !told.isEmpty();
        });
        return told.get(0);
    }

    /** Each half is a lamp or dark, none of them near to the thresholds of the first two versions. */
    private static SteadyLoad.Shot shot(Random random) {
        int[] halves = {level(random), level(random)};
        byte[] pixels = new byte[SIDE * SIDE * 3];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) halves[i / 3 % SIDE < SIDE / 2 ? 0 : 1];
        }
        return new SteadyLoad.Shot(OutgoingImage.raw(pixels, SIDE, SIDE, 3), -1, false, false);
    }

    private static int level(Random random) {
        return random.nextInt(4) == 0
                ? random.nextInt(BRIGHTEST_DARK)
                : DARKEST_LAMP + random.nextInt(256 - DARKEST_LAMP);
    }
}

package dev.millrace.trainer.retrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.TopicState;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.trainer.publish.ModelRegistry.Start;
import dev.millrace.trainer.publish.PublishedVersion;
import dev.millrace.trainer.retrain.Ended.How;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class RetrainIT {
    private static final String RUN = "0f3c9a52-8f0e-4d54-9e6c-6c1d0f0f7a11";
    private static final String AUTHOR = "retrain@test";

    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

    @TempDir
    private Path folder = Path.of("");

    /** One run undisturbed, the same one killed wherever it can be: the same model comes of both, and it is published once. */
    @Test
    void aRunThatIsKilledAtEveryStepComesToTheSameModelAndIsPublishedOnce() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed of the kills: " + seed);
        Random random = new Random(seed);
        Weights weights = new Weights(folder.resolve("weights"));
        RetrainSpec spec = RunSamples.spec(RunSamples.baseData(folder.resolve("base"), 150), """
                train: {epochs: 6, batch: 25, learning_rate: 0.05}
                replay: {share: 0.4}
                gate: {base_drop: 0, replay_gain: 0}
                limits: {memory_mib: 2048}
                """);
        Champion champion = RunSamples.champion(weights, folder);
        Beginning beginning = RunSamples.beginning(RUN, spec, champion, RunSamples.replayed(60, 20));
        RetrainRun whole = new Runs(folder.resolve("whole"), weights).begin(beginning);
        RetrainRun parts = new Runs(folder.resolve("parts"), weights).begin(beginning);

        List<Progress> undisturbed = new ArrayList<>();
        try (RetrainChild child = RetrainChild.start(whole, undisturbed::add)) {
            assertThat(child.await()).isEqualTo(new Ended(How.PASSED, ""));
        }
        assertThat(begun(undisturbed)).containsExactly(Step.values());
        assertThat(undisturbed.stream().filter(Progress.Epoch.class::isInstance))
                .hasSize(6);

        killTheParent(parts);
        stop(parts);
        kill(parts, line -> line.equals(new Progress.At(Step.TRAIN, 1)));
        for (Step step : List.of(Step.EXPORT, Step.PARITY, Step.QUANTIZE, Step.GATE)) {
            // As soon as it begins, or a little later.
            double share = step == Step.EXPORT ? 0 : random.nextInt(2) * 0.3;
            kill(parts, line -> line instanceof Progress.At at && at.step() == step && at.share() >= share);
        }
        List<Progress> last = new ArrayList<>();
        try (RetrainChild child = RetrainChild.start(parts, last::add)) {
            assertThat(child.await()).isEqualTo(new Ended(How.PASSED, ""));
        }

        assertThat(begun(last)).doesNotContain(Step.TRAIN);
        assertThat(parts.weights()).hasSameBinaryContentAs(whole.weights());
        assertThat(parts.candidate()).isEqualTo(whole.candidate());
        assertThat(RetrainRun.open(parts.folder()).hasCandidate()).isTrue();
        assertThat(parts.folder().resolve("tmp")).doesNotExist();
        publishOnce(parts, champion, random);
    }

    /** SIGKILL to a process in the middle of its first step, whose child has to end with it. */
    private static void killTheParent(RetrainRun run) throws Exception {
        Process parent = java(Parent.class, run.folder().toString());
        try (BufferedReader said = output(parent)) {
            long child = Long.parseLong(said.readLine());
            assertThat(said.readLine()).contains("train");
            parent.destroyForcibly().waitFor();
            await().atMost(Duration.ofSeconds(20)).until(() -> ProcessHandle.of(child)
                    .map(process -> !process.isAlive())
                    .orElse(true));
        }
        assertThat(run.next()).contains(Step.TRAIN);
    }

    /** What the test above kills: starts a run's process and passes on what it says. */
    static final class Parent {
        private Parent() {}

        public static void main(String[] arguments) throws Exception {
            CountDownLatch started = new CountDownLatch(1);
            try (RetrainChild child = RetrainChild.start(RetrainRun.open(Path.of(arguments[0])), line -> {
                try {
                    started.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                System.out.println(line.json());
            })) {
                System.out.println(child.pid());
                started.countDown();
                child.await();
            }
        }
    }

    /** Tells a process to stop when its first epoch is done, and in other ways that it is to leave to its parent. */
    private static void stop(RetrainRun run) throws Exception {
        CountDownLatch epoch = new CountDownLatch(1);
        try (RetrainChild child = RetrainChild.start(run, line -> {
            if (line instanceof Progress.Epoch) {
                epoch.countDown();
            }
        })) {
            assertThat(epoch.await(60, TimeUnit.SECONDS)).isTrue();
            for (String signal : List.of("-INT", "-TERM", "-HUP")) {
                assertThat(new ProcessBuilder("kill", signal, String.valueOf(child.pid()))
                                .start()
                                .waitFor())
                        .isZero();
            }
            child.stop();
            assertThat(child.await()).isEqualTo(new Ended(How.STOPPED, ""));
        }
        assertThat(run.folder().resolve("train/checkpoint.safetensors")).exists();
        assertThat(run.next()).contains(Step.TRAIN);
    }

    private static void kill(RetrainRun run, Predicate<Progress> when) throws Exception {
        CountDownLatch now = new CountDownLatch(1);
        try (RetrainChild child = RetrainChild.start(run, line -> {
            if (when.test(line)) {
                now.countDown();
            }
        })) {
            assertThat(now.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(ProcessHandle.of(child.pid()).orElseThrow().destroyForcibly())
                    .isTrue();
            Ended ended = child.await();
            System.out.println("killed: " + ended + ", next: " + run.next());
            assertThat(ended.how()).isEqualTo(How.CRASHED);
        }
    }

    private static List<Step> begun(List<Progress> told) {
        return told.stream()
                .filter(line -> line instanceof Progress.At at && at.share() == 0)
                .map(line -> ((Progress.At) line).step())
                .distinct()
                .toList();
    }

    private void publishOnce(RetrainRun run, Champion champion, Random random) throws Exception {
        String prefix = KafkaBroker.freshPrefix();
        Topics topics = new Topics(prefix);
        Map<String, Object> client = Map.of("bootstrap.servers", BROKER.bootstrapServers());
        try (Admin admin = Admin.create(client)) {
            assertThat(new TopicProvisioner(admin).createMissing(topics.catalogue(1, (short) 1)))
                    .allMatch(TopicState::usable);
        }
        ModelRegistry registry = new ModelRegistry(client, topics);
        registry.publish(
                champion.onnx(),
                ManifestDraft.of(champion.onnx(), null, null),
                signer(),
                Start.WAITING,
                AUTHOR,
                "the first");

        for (int i = 0; i < 2; i++) {
            Process publisher = java(
                    Publisher.class,
                    BROKER.bootstrapServers(),
                    prefix,
                    run.folder().toString());
            try (BufferedReader said = output(publisher)) {
                assertThat(said.readLine()).isEqualTo("publishing");
                boolean ended = publisher.waitFor(300 + random.nextInt(1_500), TimeUnit.MILLISECONDS);
                publisher.destroyForcibly().waitFor();
                System.out.println("publisher " + (ended ? "ended" : "killed") + ", on record: "
                        + PublishedVersion.all(registry.read()).size());
            }
        }
        ExecutorService threads = Executors.newFixedThreadPool(2);
        List<ModelManifest> published = new ArrayList<>();
        try {
            Callable<ModelManifest> again =
                    () -> publish(new ModelRegistry(client, topics), run).manifest();
            for (Future<ModelManifest> done : threads.invokeAll(List.of(again, again))) {
                published.add(done.get());
            }
        } finally {
            threads.shutdownNow();
        }
        published.add(publish(registry, run).manifest());

        assertThat(published).extracting(ModelManifest::getVersion).containsOnly(2);
        assertThat(PublishedVersion.all(registry.read()))
                .extracting(version -> version.manifest().getVersion())
                .containsExactly(2, 1);
        assertThat(registry.story("m").stream().filter(event -> event.getAction() == RolloutAction.PUBLISHED))
                .extracting(RolloutEvent::getRun)
                .containsExactly("", RUN);
        ModelManifest manifest = published.get(0);
        assertThat(manifest.getSha256()).isEqualTo(ManifestKeys.sha256(run.candidate()));
        assertThat(manifest.getLineage())
                .containsEntry("retrain.run", RUN)
                .containsEntry("retrain.why", "2,000 labels")
                .containsEntry("retrain.champion", "1")
                .containsEntry("retrain.champion.sha256", champion.sha256())
                .containsEntry("retrain.from", "champion")
                .containsEntry("retrain.replayed", "60")
                .containsEntry("retrain.held-out", "20")
                .containsEntry("retrain.base", "fashion-mnist")
                .containsKeys("retrain.base.sha256", "dataset.sha256", "recipe");
        assertThat(registry.artifact(manifest)).isEqualTo(run.candidate());
        assertThat(run.draft().name()).isEqualTo("m");
    }

    /** What the test above kills. */
    static final class Publisher {
        private Publisher() {}

        public static void main(String[] arguments) throws Exception {
            RetrainRun run = RetrainRun.open(Path.of(arguments[2]));
            ModelRegistry registry =
                    new ModelRegistry(Map.of("bootstrap.servers", arguments[0]), new Topics(arguments[1]));
            System.out.println("publishing");
            publish(registry, run);
        }
    }

    private static ModelRegistry.Published publish(ModelRegistry registry, RetrainRun run) throws Exception {
        byte[] onnx = run.candidate();
        return registry.publishOnce(
                run.id(), onnx, ManifestDraft.of(onnx, run.model(), null), signer(), Start.WAITING, AUTHOR, run.why());
    }

    private static ManifestSigner signer() {
        KeyPair keys = ManifestKeys.generate();
        return new ManifestSigner(keys.getPrivate(), keys.getPublic());
    }

    private static Process java(Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(Arrays.asList(arguments));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static BufferedReader output(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }
}

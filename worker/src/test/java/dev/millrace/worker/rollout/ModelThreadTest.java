package dev.millrace.worker.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.manifest.ManifestVerifier;
import dev.millrace.worker.artifact.Artifacts;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.HostileModels;
import dev.millrace.worker.model.LiveModels;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.model.TinyModels;
import dev.millrace.worker.rehearsal.ProcessLimits;
import dev.millrace.worker.rehearsal.Rehearsal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over real versions: from files, or from a Kafka that is not there. */
class ModelThreadTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final byte[] ONNX = TinyModels.classifier(4, 4, 1, 4);

    @TempDir
    private Path dir = Path.of("");

    private final LiveModels models = new LiveModels();
    private final Set<Integer> wanted = ConcurrentHashMap.newKeySet();
    private final Told told = new Told();
    /** Asked for a consumer once for each attempt to fetch a version from Kafka. */
    private volatile Supplier<Consumer<String, byte[]>> kafka = () -> {
        throw new TimeoutException("no broker");
    };

    private @Nullable ModelThread thread;

    @AfterEach
    void close() {
        if (thread != null) {
            thread.close();
        }
        models.close();
        assertThat(isRunning()).isFalse();
    }

    @Test
    void preparesOneVersionAfterTheOtherInTheOrderOfTheirOrders() throws Exception {
        Gate gate = new Gate();
        kafka = gate;
        start(null);
        order(1, TinyVersions.onKafka(1));
        gate.awaitEntered();
        order(2, TinyVersions.inFile(2, dir));
        order(3, TinyVersions.inFile(3, dir));
        assertThat(told.progress).isEmpty();

        gate.open.countDown();

        await().atMost(PATIENCE).until(() -> told.progress.size() >= 3);
        assertThat(told.progress.get(0)).isEqualTo(new Progress.Waiting(1, 1, "gate is open"));
        assertThat(told.progress.get(1))
                .isInstanceOfSatisfying(Progress.Prepared.class, live -> assertThat(live.version())
                        .isEqualTo(2));
        assertThat(told.progress.get(2))
                .isInstanceOfSatisfying(Progress.Prepared.class, live -> assertThat(live.version())
                        .isEqualTo(3));
    }

    @Test
    void triesWhatWaitsAgainUntilItIsThere() throws Exception {
        Path folders = dir.resolve("folders");
        start(new Rehearsal(new ProcessLimits(2_048, 60), folders));
        order(1, TinyVersions.inFile(1, dir));
        await().atMost(PATIENCE).until(() -> told.progress.size() >= 2);
        assertThat(told.progress).allSatisfy(progress -> assertThat(progress).isInstanceOf(Progress.Waiting.class));

        Files.createDirectory(folders);

        await().atMost(PATIENCE).until(() -> told.last() instanceof Progress.Prepared);
        assertThat(models.live()).extracting(ModelSpec::version).containsExactly(1);
    }

    @Test
    void dropsWhatANewerDecisionDoesNotWantAnyMore() throws Exception {
        start(null);
        order(1, TinyVersions.onKafka(1));
        await().atMost(PATIENCE).until(() -> told.progress.size() >= 1);

        wanted.remove(1);
        order(2, TinyVersions.inFile(2, dir));

        Progress dropped = new Progress.Failed(1, 1, "", "not wanted any more");
        await().atMost(PATIENCE)
                .until(() -> told.progress.contains(dropped) && !models.live().isEmpty());
        assertThat(models.live()).extracting(ModelSpec::version).containsExactly(2);
    }

    @Test
    void doesNotBeginWhatIsNotWantedAnyMore() throws Exception {
        start(null);
        thread().prepare(TinyVersions.MODEL, new Effect.Prepare(1, 1), TinyVersions.inFile(1, dir));

        await().atMost(PATIENCE).until(() -> !told.progress.isEmpty());
        assertThat(told.progress).containsExactly(new Progress.Failed(1, 1, "", "not wanted any more"));
        assertThat(models.live()).isEmpty();
    }

    @Test
    void outlivesWhatGoesWrongWithOneVersion() throws Exception {
        start(null);
        kafka = () -> {
            throw new IllegalStateException("a bug");
        };
        order(1, TinyVersions.onKafka(1));
        await().atMost(PATIENCE).until(() -> told.progress.size() == 1);
        kafka = () -> {
            throw new OutOfMemoryError("direct buffer memory");
        };
        order(2, TinyVersions.onKafka(2));
        order(3, TinyVersions.inFile(3, dir));

        await().atMost(PATIENCE).until(() -> told.progress.size() == 3);
        assertThat(told.progress.get(0))
                .isEqualTo(new Progress.Failed(1, 1, "", "unexpected: java.lang.IllegalStateException: a bug"));
        assertThat(told.progress.get(1))
                .isEqualTo(new Progress.Failed(
                        2, 2, "", "memory: direct buffer memory (expected: enough for one more version)"));
        assertThat(told.progress.get(2)).isInstanceOf(Progress.Prepared.class);
    }

    @Test
    void saysThatItHasDied() throws Exception {
        Error death = new AssertionError("beyond repair");
        kafka = () -> {
            throw death;
        };
        start(null);
        order(1, TinyVersions.onKafka(1));

        await().atMost(PATIENCE).until(() -> told.death != null);
        assertThat(told.death).isSameAs(death);
        await().atMost(PATIENCE).until(() -> !isRunning());
    }

    @Test
    void stopsAtOnceInTheMiddleOfARehearsal() throws Exception {
        byte[] endless = HostileModels.endless(ONNX);
        long before = children();
        start(new Rehearsal(new ProcessLimits(2_048, 300), dir));
        order(1, TinyVersions.inFile(1, endless, dir));
        await().atMost(PATIENCE).until(() -> children() > before);

        thread().close();

        assertThat(isRunning()).isFalse();
        assertThat(told.progress).containsExactly(new Progress.Failed(1, 1, "", "stopped"));
        assertThat(children()).isEqualTo(before);
    }

    @Test
    void stopsWithOrdersLeftInTheMiddleOfADownload() throws Exception {
        Gate gate = new Gate();
        kafka = gate;
        start(null);
        order(1, TinyVersions.onKafka(1));
        order(2, TinyVersions.inFile(2, dir));
        gate.awaitEntered();

        thread().close();

        assertThat(isRunning()).isFalse();
        assertThat(models.live()).isEmpty();
        assertThat(told.death).isNull();
    }

    private void start(@Nullable Rehearsal rehearsal) {
        Needed needed = new Needed();
        ModelPreparer preparer = new ModelPreparer(
                ManifestVerifier.trustingAnyone(),
                new Artifacts(() -> kafka.get(), "artifacts", 1 << 20, null),
                rehearsal,
                models,
                new MemoryBudget(0, 1),
                needed,
                List.of(DeviceRequest.ANY_CPU),
                4);
        thread = new ModelThread("w", preparer, needed, told);
    }

    private ModelThread thread() {
        if (thread == null) {
            throw new AssertionError("start() first");
        }
        return thread;
    }

    /** Wants the version, and orders it for the epoch of its number. */
    private void order(int version, ModelVersion published) {
        wanted.add(version);
        thread().prepare(TinyVersions.MODEL, new Effect.Prepare(version, version), published);
    }

    private static boolean isRunning() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(running -> running.getName().equals("models"));
    }

    private static long children() {
        return ProcessHandle.current().children().count();
    }

    private final class Needed implements ModelThread.Needed {
        @Override
        public boolean wants(String model, int version) {
            return wanted.contains(version);
        }

        @Override
        public boolean holds(String model, int version) {
            return wants(model, version);
        }
    }

    private static final class Told implements ModelThread.Listener {
        private final List<Progress> progress = new CopyOnWriteArrayList<>();
        private volatile @Nullable Error death;

        @Override
        public void told(String model, Progress next) {
            progress.add(next);
        }

        @Override
        public void died(Error cause) {
            death = cause;
        }

        @Nullable
        Progress last() {
            return progress.isEmpty() ? null : progress.get(progress.size() - 1);
        }
    }

    /** A broker that keeps whoever asks it waiting. */
    private static final class Gate implements Supplier<Consumer<String, byte[]>> {
        private final CountDownLatch entered = new CountDownLatch(1);
        private final CountDownLatch open = new CountDownLatch(1);

        @Override
        public Consumer<String, byte[]> get() {
            entered.countDown();
            try {
                open.await();
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
            throw new TimeoutException("gate is open");
        }

        void awaitEntered() throws InterruptedException {
            entered.await();
        }
    }
}

package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.BrokerProcess;
import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.worker.telemetry.StageWatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens, a {@code read_committed} reader sees one answer to each request. */
@ExtendWith(KafkaBroker.class)
class ExactlyOnceIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private Stage stage;

    @BeforeEach
    void setTheStage(KafkaBroker broker, @TempDir Path dir) throws Exception {
        stage = new Stage(broker, dir);
        stage.publish(1, Stage.onnx(0));
    }

    @AfterEach
    void clear() {
        stage.close();
    }

    @Test
    void answersOnceWhileMembersComeAndGo() throws Exception {
        Worker first = worker("one", StageWatch.NONE);
        send(0, 300);
        await().atMost(PATIENCE).until(() -> !stage.results().isEmpty());
        worker("two", StageWatch.NONE);
        send(300, 600);
        first.stop();
        send(600, 700);

        awaitExactly(700);
    }

    @Test
    void answersOnceWhatALaneThatEndedHadInItsTransaction() throws Exception {
        AtomicInteger commits = new AtomicInteger();
        Worker dies = worker("one", (lane, at, source) -> {
            if (at == StageWatch.Stage.COMMIT && commits.incrementAndGet() == 2) {
                throw new StackOverflowError("in the middle of a transaction");
            }
        });
        send(0, 300);
        await().atMost(PATIENCE).until(() -> {
            send(300, 301);
            return !dies.live();
        });
        long more = stage.read(stage.topics.requests()).size();
        dies.stop();
        worker("one", StageWatch.NONE);

        await().atMost(PATIENCE).until(() -> stage.results().size() >= more);
        assertThat(sources()).doesNotHaveDuplicates().hasSize((int) more);
    }

    @Test
    void goesOnWithANewProducerAfterTransactionsThatTookTooLong() throws Exception {
        AtomicInteger commits = new AtomicInteger();
        CountDownLatch never = new CountDownLatch(1);
        worker(
                "one",
                (lane, at, source) -> {
                    if (at == StageWatch.Stage.COMMIT && commits.incrementAndGet() <= 2) {
                        // Longer than the timeout, and until the broker has looked for such transactions.
                        hold(never, Duration.ofSeconds(5));
                    }
                },
                "kafka.transaction.timeout.ms",
                "2000");
        send(0, 200);

        awaitExactly(200);
        assertThat(commits.get()).isGreaterThan(2);
    }

    @Test
    void neverCommitsBetweenTheRecordsOfATurnThatLastsLongerThanTheWindow() throws Exception {
        stage.publish(2, Stage.onnx(1));
        worker("one", StageWatch.NONE, "millrace.batch.linger", "100ms", "millrace.txn.window", "20ms");
        for (int i = 0; i < 60; i++) {
            ImageRequest request = Stage.request("r" + i, 0, 1);
            // Declined ones are answered at once, while those before them wait for their batch.
            request.setModel(i % 3 == 2 ? "unknown" : "tiny");
            stage.send(request);
        }

        awaitExactly(60);
        assertThat(stage.results())
                .filteredOn(result -> result.getStatus() == ResultStatus.OK)
                .hasSize(40);
    }

    @Test
    void goesOnAfterCommitsWhoseOutcomeItDoesNotKnow(@TempDir Path dir) throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        AtomicInteger commits = new AtomicInteger();
        AtomicInteger freezes = new AtomicInteger();
        try (BrokerProcess broker = BrokerProcess.launch().start();
                Stage own = new Stage(broker.bootstrapServers(), dir)) {
            own.publish(1, Stage.onnx(0));
            StageWatch freezing = (lane, at, source) -> {
                if (at == StageWatch.Stage.COMMIT && commits.incrementAndGet() % 5 == 0 && freezes.get() < 5) {
                    freezes.incrementAndGet();
                    freezeSoon(broker, TimeUnit.MICROSECONDS.toNanos(random.nextInt(4_000)));
                }
            };
            own.worker(
                    freezing,
                    "millrace.delivery",
                    "exactly-once",
                    "kafka.max.block.ms",
                    "1000",
                    "kafka.request.timeout.ms",
                    "5000",
                    "millrace.txn.window",
                    "20ms");
            AtomicInteger sent = new AtomicInteger();
            await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(() -> {
                own.send(Stage.request("r" + sent.getAndIncrement(), 0, 1));
                return freezes.get() == 5;
            });
            await().atMost(PATIENCE).until(() -> own.results().size() >= sent.get());
            assertThat(sources(own)).doesNotHaveDuplicates().hasSize(sent.get());
        }
    }

    private static void freezeSoon(BrokerProcess broker, long afterNanos) {
        Runnable freeze = () -> {
            LockSupport.parkNanos(afterNanos);
            signal(broker, "STOP");
            LockSupport.parkNanos(Duration.ofSeconds(2).toNanos());
            signal(broker, "CONT");
        };
        new Thread(freeze, "freeze").start();
    }

    private static void signal(BrokerProcess broker, String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(broker.handle().pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void keepsAResultThatIsTooLargeInTheNextTransaction() throws Exception {
        try (Admin admin = stage.admin()) {
            admin.incrementalAlterConfigs(Map.of(
                            new ConfigResource(ConfigResource.Type.TOPIC, stage.topics.results()),
                            Set.of(new AlterConfigOp(
                                    new ConfigEntry("max.message.bytes", "900"), AlterConfigOp.OpType.SET))))
                    .all()
                    .get();
        }
        worker("one", StageWatch.NONE, "kafka.linger.ms", "0", "kafka.batch.size", "1");
        String large = "r".repeat(900);
        stage.sendRaw("one", stage.encode(Stage.request("before", 0, 1)));
        stage.sendRaw("one", stage.encode(Stage.request(large, 0, 1)));
        stage.sendRaw("one", stage.encode(Stage.request("after", 0, 1)));

        await().atMost(PATIENCE)
                .until(() -> stage.results().size() >= 2
                        && !stage.read(stage.topics.deadLetters()).isEmpty());
        assertThat(stage.results()).extracting(InferenceResult::getRequestId).containsExactly("before", "after");
        assertThat(stage.read(stage.topics.deadLetters())).singleElement().satisfies(letter -> assertThat(
                        new String(letter.headers().lastHeader("x-error-class").value(), StandardCharsets.UTF_8))
                .isEqualTo("RESULT_TOO_LARGE"));
    }

    @Test
    void leavesOneOfTwoWorkersThatHaveTheSameIdAndSaysWhy() throws Exception {
        Worker first = worker("same", StageWatch.NONE);
        send(0, 50);
        awaitExactly(50);
        Worker second = worker("same", StageWatch.NONE);
        AtomicInteger sent = new AtomicInteger(50);

        await().atMost(PATIENCE).until(() -> {
            int from = sent.getAndAdd(20);
            send(from, from + 20);
            return !first.live() || !second.live();
        });

        assertThat(first.live() ^ second.live()).isTrue();
        Worker ended = first.live() ? second : first;
        assertThat(ended.ended().get(10, TimeUnit.SECONDS))
                .singleElement()
                .asString()
                .contains("transactional.id")
                .contains("millrace.id");
        ended.stop();
        awaitExactly(sent.get());
    }

    private Worker worker(String id, StageWatch stages, String... settings) throws Exception {
        String[] all = new String[settings.length + 4];
        all[0] = "millrace.id";
        all[1] = id;
        all[2] = "millrace.delivery";
        all[3] = "exactly-once";
        System.arraycopy(settings, 0, all, 4, settings.length);
        return stage.worker(stages, all);
    }

    private void send(int from, int to) {
        for (int i = from; i < to; i++) {
            stage.send(Stage.request("r" + i, 0, 1));
        }
    }

    private void awaitExactly(int requests) {
        await().atMost(PATIENCE).until(() -> stage.results().size() >= requests);
        assertThat(sources()).doesNotHaveDuplicates().hasSize(requests);
    }

    private List<String> sources() {
        return sources(stage);
    }

    private static List<String> sources(Stage of) {
        return of.results().stream()
                .map(result -> result.getSourcePartition() + "/" + result.getSourceOffset())
                .toList();
    }

    private static void hold(CountDownLatch latch, Duration limit) {
        try {
            assertThat(latch.await(limit.toMillis(), TimeUnit.MILLISECONDS)).isFalse();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

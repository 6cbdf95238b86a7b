package dev.millrace.infra.demo;

import dev.millrace.infra.demo.Tally.Answered;
import dev.millrace.infra.process.ChildFailedException;
import dev.millrace.infra.process.RunDirectory;
import dev.millrace.infra.process.Supervisor;
import dev.millrace.infra.source.DatasetSource;
import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.ImageClient;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.worker.model.ModelRefusedException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;

/** The steps of the demo, in order, told to a narrator. One thread. */
final class Demo {
    private static final int PARTITIONS = 8;
    private static final long TICK_MILLIS = 100;
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);

    private final Supervisor supervisor;
    private final RunDirectory directory;
    private final PrintWriter narrator;
    private final LocalStack stack;
    private final Instant startedAt =
            ProcessHandle.current().info().startInstant().orElseGet(Instant::now);
    private @Nullable Processes processes;
    private String bootstrap = "";
    private long modelBytes;

    /**
     * How many workers there are, and their lanes.
     *
     * @param lanes null: the worker's own default
     */
    record Processes(int workers, @Nullable String lanes) {}

    Demo(Supervisor supervisor, RunDirectory directory, String childMain, PrintWriter narrator) {
        this.supervisor = supervisor;
        this.directory = directory;
        this.narrator = narrator;
        this.stack = new LocalStack(supervisor, directory, childMain);
    }

    /** Starts the broker and returns while it is starting. */
    void start(Processes wanted) throws IOException {
        processes = wanted;
        say("Starting Apache Kafka...");
        stack.startBroker();
    }

    /** Creates the topics, starts the workers, publishes the model version, and waits until it is served. */
    void serve(byte[] onnx) throws IOException, InterruptedException, ChildFailedException, DemoException {
        if (processes == null) {
            throw new IllegalStateException("demo: not started (expected: start() first)");
        }
        modelBytes = onnx.length;
        KeyPair keys = ManifestKeys.generate();
        Path stem = directory.resolve("demo");
        ManifestKeys.write(keys, stem);
        try {
            // All that needs no broker comes before it is awaited: the two start at the same time.
            ManifestDraft draft = ManifestDraft.of(onnx, null, null);
            bootstrap = stack.awaitBroker();
            say("Kafka answers at %s.", bootstrap);
            createTopics();
            stack.startWorkers(processes.workers(), processes.lanes(), bootstrap, directory.resolve("demo.pub"));
            publish(onnx, draft, new ManifestSigner(keys.getPrivate(), keys.getPublic()));
        } catch (ModelRefusedException | BrokerUnreachableException e) {
            throw new DemoException(String.valueOf(e.getMessage()), e);
        } catch (ExecutionException e) {
            throw new DemoException("Kafka refused: " + e.getCause(), e);
        }
        stack.awaitWorkers();
        say("%d worker%s serving.", processes.workers(), processes.workers() == 1 ? "" : "s");
    }

    private void publish(byte[] onnx, ManifestDraft draft, ManifestSigner signer)
            throws IOException, BrokerUnreachableException, InterruptedException {
        ModelManifest manifest = new ModelRegistry(Map.of("bootstrap.servers", bootstrap), Topics.standard())
                .publish(onnx, draft, signer, ModelRegistry.Start.ANSWERING, "demo", "")
                .manifest();
        say(
                "Published model %s v%d, %s, %,d bytes, signed.",
                manifest.getName(), manifest.getVersion(), manifest.getPrecision(), manifest.getBytes());
    }

    /** Publishes every image, waits for every answer, and sums up. */
    DemoReport classify(DatasetSource source, int inFlight)
            throws InterruptedException, ChildFailedException, DemoException {
        try {
            ImageClient client = ImageClient.connect(
                    ClientConfig.of(bootstrap).withMaxInFlight(inFlight).withTimeout(ANSWER_LIMIT));
            supervisor.stopFirst(() -> client.close(Duration.ZERO));
            ImageRun run = new ImageRun(client, source);
            run.start();
            follow(run, source);
            return run.tally().report(source.name(), inFlight, modelBytes, run.startedAt());
        } catch (BrokerUnreachableException e) {
            throw new DemoException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Says where everything is, and returns only by failing: Ctrl-C ends the process. */
    void stayUp() throws InterruptedException, ChildFailedException {
        narrator.println();
        say("Kafka      %s", bootstrap);
        List<String> addresses = stack.workerAddresses();
        for (String address : addresses) {
            say("worker     %s/health/ready", address);
            say("           %s/metrics", address);
        }
        say("logs       %s", directory.logs());
        say("Ctrl-C stops everything and leaves nothing behind.");
        while (!supervisor.isClosing()) {
            supervisor.requireAlive();
            Thread.sleep(TICK_MILLIS);
        }
    }

    private void createTopics() throws InterruptedException, ExecutionException {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            new TopicProvisioner(admin).createMissing(Topics.standard().catalogue(PARTITIONS, (short) 1));
        }
    }

    private void follow(ImageRun run, DatasetSource source)
            throws InterruptedException, ChildFailedException, DemoException {
        Tally tally = run.tally();
        Answered first = awaitFirst(run);
        if (first != null) {
            tell(first, source.classes());
        }
        try (LiveLine line = LiveLine.start(narrator, (int) source.size().orElseThrow())) {
            while (!run.isDone()) {
                supervisor.requireAlive();
                line.show(tally.progress());
                Thread.sleep(TICK_MILLIS);
            }
        }
        Throwable loss = tally.firstLoss();
        if (loss != null && tally.progress().answered() == 0) {
            throw new DemoException("no image was answered: " + loss.getMessage(), loss);
        }
    }

    private @Nullable Answered awaitFirst(ImageRun run) throws InterruptedException, ChildFailedException {
        Answered first = run.tally().first();
        while (first == null && !run.isDone()) {
            supervisor.requireAlive();
            Thread.sleep(1);
            first = run.tally().first();
        }
        return first;
    }

    private void tell(Answered first, List<String> classes) {
        InferenceResult result = first.answer().result();
        double seconds =
                Duration.between(startedAt, first.answer().receivedAt()).toMillis() / 1e3;
        if (result.getStatus() == ResultStatus.OK && !result.getLabels().isEmpty()) {
            say(
                    "First result after %.1f s: %s (true label: %s) in %.0f ms.",
                    seconds,
                    result.getLabels().get(0).getLabel(),
                    classes.get(first.label()),
                    first.answer().endToEnd().toNanos() / 1e6);
        } else {
            say("First result after %.1f s: %s, %s", seconds, result.getStatus(), result.getErrorMessage());
        }
    }

    private void say(String format, Object... values) {
        narrator.println(String.format(Locale.ROOT, format, values));
        narrator.flush();
    }
}

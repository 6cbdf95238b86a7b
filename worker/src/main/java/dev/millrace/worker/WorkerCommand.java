package dev.millrace.worker;

import dev.millrace.schemas.topic.BrokerProbe;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.TopicState;
import dev.millrace.worker.lane.LaneSnapshot;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.telemetry.StageWatch;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace worker}: one worker process, until SIGTERM. */
@Command(
        name = "worker",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Answer image requests: follow the control topic, serve its champion.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace worker --bootstrap 127.0.0.1:9092",
            "  millrace worker --lanes cpu:2,cpu:3 --trusted-keys release.pub",
            "  millrace worker --set millrace.batch.max=16 --http-port 0",
            "  millrace worker --settings > worker.properties",
            "",
            "SIGTERM drains: what is taken is answered and committed, then exit 0."
        })
public final class WorkerCommand implements Callable<Integer> {
    private static final Logger log = LoggerFactory.getLogger(WorkerCommand.class);
    private static final List<String> STOP_SIGNALS = List.of("TERM", "INT", "HUP");
    private static final long STOP_PATIENCE_S = 90;
    private static final Duration TOPIC_PATIENCE = Duration.ofSeconds(2);

    @Option(
            names = "--bootstrap",
            paramLabel = "HOST:PORT",
            description = "Kafka bootstrap servers. Default: $MILLRACE_BOOTSTRAP or 127.0.0.1:9092.")
    private @Nullable String bootstrap;

    @Option(names = "--id", paramLabel = "ID", description = "Worker id. Default: host-pid.")
    private @Nullable String id;

    @Option(names = "--group", paramLabel = "NAME", description = "Consumer group. Default: millrace.")
    private @Nullable String group;

    @Option(
            names = "--lanes",
            paramLabel = "SPEC",
            description = "cpu:0,cpu:1 | cpu:0-3 | cpu:auto | cpu:none x4 | cuda:0x2. Default: cpu:auto.")
    private @Nullable String lanes;

    @Option(
            names = "--delivery",
            paramLabel = "MODE",
            description = "at-least-once | exactly-once | queue. Default: at-least-once.")
    private @Nullable String delivery;

    @Option(names = "--prefix", paramLabel = "P", description = "Topic prefix. Default: millrace.")
    private @Nullable String prefix;

    @Option(
            names = "--registry",
            paramLabel = "URL",
            description =
                    "Schema registry with Confluent's API, for requests and results in its framing. Default: none.")
    private @Nullable String registry;

    @Option(
            names = "--trusted-keys",
            paramLabel = "PATH",
            description = "Public key file, or folder of *.pub, whose signatures count.")
    private @Nullable String trustedKeys;

    @Option(
            names = "--http-port",
            paramLabel = "N",
            description = "Port of health and metrics, 0 for a free one. Default: 8081.")
    private @Nullable String httpPort;

    @Option(names = "--config", paramLabel = "FILE", description = "Properties file with settings.")
    private @Nullable Path file;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Any other setting, or kafka.* for the Kafka clients. Repeatable.")
    private Map<String, String> set = new HashMap<>();

    /** Read by the launcher, too: the logs' back end takes it from there before the first logger. */
    @Option(
            names = "--log-format",
            paramLabel = "FORMAT",
            defaultValue = "${sys:millrace.log.format:-${env:MILLRACE_LOG_FORMAT:-text}}",
            description = "Form of the log on stderr: ${COMPLETION-CANDIDATES}. Default: $MILLRACE_LOG_FORMAT or text.")
    @SuppressWarnings("UnusedVariable") // Here to be checked and explained.
    private LogFormat logFormat = LogFormat.text;

    @Option(names = "--settings", description = "Print every setting, as it would be, and exit.")
    private boolean settingsWanted;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before call().
    private CommandSpec spec;

    private final StageWatch stages;

    /** A worker that nobody watches. */
    public WorkerCommand() {
        this(StageWatch.NONE);
    }

    /** A worker whose lanes tell {@code stages} what they do. */
    public WorkerCommand(StageWatch stages) {
        this.stages = stages;
    }

    /** Forms of the log, as they are typed. */
    enum LogFormat {
        text,
        json
    }

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        WorkerConfig config;
        try {
            Settings settings = Settings.load(commandLine(), file);
            EffectiveSettings effective = new EffectiveSettings(settings);
            if (settingsWanted) {
                effective.print(spec.commandLine().getOut());
                return 0;
            }
            config = WorkerConfig.from(settings);
            MDC.put("worker", config.id());
            effective.log(log);
        } catch (ConfigurationException e) {
            err.println(e.getMessage());
            return 2;
        }
        try (ScratchDirectory scratch = ScratchDirectory.claim(Path.of(System.getProperty("java.io.tmpdir")))) {
            log.debug("scratch directory path={}", scratch.path());
            BrokerProbe.requireBroker(config.kafka());
            requireTopics(config);
            requireFeatures(config);
            return serve(new Worker(config, stages), config) ? 0 : 1;
        } catch (BrokerUnreachableException | WorkerStartException | ExecutionException | IOException e) {
            err.println(e.getMessage());
            return 1;
        }
    }

    private Map<String, String> commandLine() {
        Map<String, String> given = new HashMap<>(set);
        put(given, Setting.ID.key, id);
        put(given, Setting.GROUP.key, group);
        put(given, Setting.LANES.key, lanes);
        put(given, Setting.DELIVERY.key, delivery);
        put(given, Setting.PREFIX.key, prefix);
        put(given, Setting.REGISTRY_URL.key, registry);
        put(given, Setting.TRUSTED_KEYS.key, trustedKeys);
        put(given, Setting.HTTP_PORT.key, httpPort);
        put(given, "kafka.bootstrap.servers", bootstrap);
        return given;
    }

    private static void put(Map<String, String> given, String key, @Nullable String value) {
        if (value != null) {
            given.put(key, value);
        }
    }

    private static void requireTopics(WorkerConfig config)
            throws InterruptedException, ExecutionException, WorkerStartException {
        try (Admin admin = Admin.create(Map.copyOf(config.kafka()))) {
            List<TopicState> unusable = new TopicProvisioner(admin)
                    .awaitPresent(config.topics().catalogue(1, (short) -1), TOPIC_PATIENCE).stream()
                            .filter(topic -> !topic.usable())
                            .toList();
            if (!unusable.isEmpty()) {
                String names = unusable.stream()
                        .map(topic -> topic.name() + " (" + topic.detail() + ")")
                        .collect(Collectors.joining(", "));
                throw new WorkerStartException("topics: " + names + " (expected: created by 'millrace topics')");
            }
        }
    }

    private static void requireFeatures(WorkerConfig config)
            throws InterruptedException, ExecutionException, WorkerStartException {
        try (Admin admin = Admin.create(Map.copyOf(config.kafka()))) {
            BrokerFeatures.of(admin).requireFor(config.delivery().mode());
            ShareGroup.requireNameFor(config.delivery().mode(), admin, config.group());
        }
    }

    /** Runs until a signal or the end of the JVM, then drains; false when the drain left something owed. */
    private boolean serve(Worker worker, WorkerConfig config)
            throws WorkerStartException, InterruptedException, ExecutionException {
        CompletableFuture<Boolean> stop = new CompletableFuture<>();
        CountDownLatch stopped = new CountDownLatch(1);
        // Handlers, because a JVM that a signal ends by itself exits with 143; the hook is for System.exit by others.
        STOP_SIGNALS.forEach(signal -> Signals.register(signal, () -> stop.complete(true)));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stopAndWait(stop, stopped), "drain"));
        try {
            worker.start();
            PrintWriter out = spec.commandLine().getOut();
            out.printf(
                    "Worker %s waiting for a model, health at http://%s:%d/health/ready%n",
                    config.id(), config.http().host(), worker.httpPort());
            out.flush();
            CompletableFuture<?> over = CompletableFuture.anyOf(stop, worker.ended());
            CompletableFuture.anyOf(worker.firstModel(), over).get();
            if (!over.isDone()) {
                ready(worker, config, worker.firstModel().get());
            }
            over.get();
            boolean clean = worker.stop();
            if (worker.ended().isDone()) {
                throw new WorkerStartException(String.join("; ", worker.ended().get()));
            }
            return clean;
        } finally {
            stopped.countDown();
        }
    }

    private static void stopAndWait(CompletableFuture<Boolean> stop, CountDownLatch stopped) {
        stop.complete(true);
        try {
            if (!stopped.await(STOP_PATIENCE_S, TimeUnit.SECONDS)) {
                System.err.println("the worker did not stop within " + STOP_PATIENCE_S + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void ready(Worker worker, WorkerConfig config, ModelSpec model) {
        String devices = worker.lanes().stream()
                .map(LaneSnapshot::device)
                .map(Object::toString)
                .collect(Collectors.joining(","));
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "Worker %s serving %s v%d %s on %s%n",
                config.id(), model.name(), model.version(), model.precision(), devices);
        out.flush();
    }
}

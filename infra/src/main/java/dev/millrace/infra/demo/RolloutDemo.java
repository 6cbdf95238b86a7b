package dev.millrace.infra.demo;

import dev.millrace.infra.process.ChildFailedException;
import dev.millrace.infra.process.RunDirectory;
import dev.millrace.infra.process.Supervisor;
import dev.millrace.infra.source.DatasetSource;
import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.ImageClient;
import dev.millrace.schemas.ModelState;
import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.manifest.ArtifactPlace;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.registry.Split;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.trainer.publish.ModelRegistry.Decided;
import dev.millrace.trainer.publish.ModelRegistry.Start;
import dev.millrace.trainer.rollout.ActionWords;
import dev.millrace.trainer.rollout.RolloutCommand;
import dev.millrace.trainer.rollout.RolloutRefusedException;
import dev.millrace.trainer.rollout.TrialCommand;
import dev.millrace.trainer.rollout.TrialCommand.Choice;
import dev.millrace.trainer.rollout.VersionName;
import dev.millrace.trainer.rollout.WorkerSeen;
import dev.millrace.worker.model.ModelRefusedException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;

/** The story of a model's versions under steady load, told to a narrator as the judge decides it. One thread. */
final class RolloutDemo {
    private static final String MODEL = "fashion-mnist";
    private static final int PARTITIONS = 8;
    private static final int PER_SECOND = 500;
    private static final int IN_FLIGHT = 20_000;
    private static final int FIRST_STEP = Split.WHOLE / 10;
    private static final List<Integer> STEPS = List.of(FIRST_STEP, Split.WHOLE / 2);
    private static final Duration HOLD = Duration.ofSeconds(2);
    private static final Duration WARM_UP = Duration.ofSeconds(3);
    private static final Duration BEFORE = Duration.ofSeconds(3);
    private static final Duration LOOK = Duration.ofSeconds(2);
    private static final Duration VERDICT_LIMIT = Duration.ofMinutes(4);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);
    private static final long TICK_MILLIS = 250;
    private static final int COLUMNS = 80;

    /** Quick enough for a demo: these are no limits for a service, and so few results prove nothing of a p99. */
    private static final String POLICY = """
            samples:
              harm: 50
              results: 150
              labels: 150
            worse:
              errors: 5
              accuracy: 1
              confidence: 60
              p50: 10
              p99: 0
            labels:
              required: true
            time:
              longest_step_s: 200
            """;

    private final Supervisor supervisor;
    private final RunDirectory directory;
    private final LocalStack stack;
    private final PrintWriter narrator;
    private final KeyPair keys = ManifestKeys.generate();
    private final ManifestSigner signer = new ManifestSigner(keys.getPrivate(), keys.getPublic());
    private final long startedNanos = System.nanoTime();
    private String bootstrap = "";
    private int told;

    RolloutDemo(Supervisor supervisor, RunDirectory directory, String childMain, PrintWriter narrator) {
        this.supervisor = supervisor;
        this.directory = directory;
        this.narrator = narrator;
        this.stack = new LocalStack(supervisor, directory, childMain);
    }

    /**
     * Tells the whole of it.
     *
     * @param weaker a model that was really trained, and not enough
     * @param better one that was trained to the end
     */
    RolloutReport run(Demo.Processes processes, DatasetSource source, byte[] weaker, byte[] better)
            throws IOException, InterruptedException, ChildFailedException, DemoException {
        try {
            serve(processes, weaker);
            ImageClient client = ImageClient.connect(
                    ClientConfig.of(bootstrap).withMaxInFlight(IN_FLIGHT).withTimeout(ANSWER_LIMIT));
            supervisor.stopFirst(() -> client.close(Duration.ZERO));
            return story(SteadyLoad.of(client, source, PER_SECOND), processes.workers(), weaker, better);
        } catch (ModelRefusedException | BrokerUnreachableException | RolloutRefusedException e) {
            throw new DemoException(String.valueOf(e.getMessage()), e);
        } catch (ExecutionException e) {
            throw new DemoException("Kafka refused: " + e.getCause(), e);
        }
    }

    private void serve(Demo.Processes processes, byte[] first)
            throws IOException, InterruptedException, ChildFailedException, DemoException, ExecutionException,
                    ModelRefusedException, BrokerUnreachableException {
        say("Starting Apache Kafka, %d workers and a judge...", processes.workers());
        stack.startBroker();
        ManifestKeys.write(keys, directory.resolve("demo"));
        Path policy = Files.writeString(directory.resolve("policy.yaml"), POLICY);
        bootstrap = stack.awaitBroker();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            new TopicProvisioner(admin).createMissing(Topics.standard().catalogue(PARTITIONS, (short) 1));
        }
        stack.startWorkers(processes.workers(), processes.lanes(), bootstrap, directory.resolve("demo.pub"));
        stack.startJudge(bootstrap, policy);
        registry().publish(first, draft(first), signer, Start.ANSWERING, "demo", "trained for one epoch");
        stack.awaitWorkers();
        stack.awaitJudge();
        tellNews();
    }

    private RolloutReport story(SteadyLoad load, int workers, byte[] weaker, byte[] better)
            throws IOException, InterruptedException, ChildFailedException, DemoException, ModelRefusedException,
                    BrokerUnreachableException, RolloutRefusedException {
        load.start();
        say("Publishing %,d images a second, and what each really shows as feedback.", PER_SECOND);
        watch(WARM_UP);
        long before = System.nanoTime();
        watch(BEFORE);
        long begun = System.nanoTime();

        publish(better, "trained to the end");
        registry().decide(new TrialCommand.Shadow(MODEL, latest(), FIRST_STEP, Choice.BY_REQUEST), "demo", "");
        watch(LOOK);
        Decided first = canary("looked good");
        int promoted = verdict(RolloutAction.PROMOTED);
        publish(weaker, "the old one again, by mistake");
        canary("");
        int rolledBack = verdict(RolloutAction.ROLLED_BACK);
        long ended = System.nanoTime();
        List<String> refused = refusals(better, workers);

        load.stop(ANSWER_LIMIT);
        SteadyLoad.Span quiet = load.between(before, begun);
        SteadyLoad.Span busy = load.between(begun, ended);
        ResultLog results = ResultLog.read(bootstrap, Topics.standard().results());
        Throwable failure = load.firstFailure();
        if (failure != null) {
            say("Not answered: %,d; the first: %s", load.failures(), String.valueOf(failure.getMessage()));
        }
        return new RolloutReport(
                load.published(),
                load.answered(),
                results.duplicated(),
                promoted,
                rolledBack,
                refused,
                FIRST_STEP / (double) Split.WHOLE,
                results.challengerShare(first.epoch()),
                busy.longestGapMs(),
                quiet.p99Ms(),
                busy.p99Ms());
    }

    /** Versions that no worker may serve: what each of them says of it. */
    private List<String> refusals(byte[] onnx, int workers)
            throws IOException, InterruptedException, ChildFailedException, ModelRefusedException,
                    BrokerUnreachableException, RolloutRefusedException, DemoException {
        List<String> reasons = new ArrayList<>();
        Path damaged = Files.write(directory.resolve("damaged.onnx"), onnx);
        ArtifactPlace place = ArtifactPlace.parse(damaged.toUri().toString());
        registry().publish(onnx, draft(onnx).at(place), signer, Start.WAITING, "demo", "its file is damaged later");
        onnx[onnx.length / 2] ^= 1;
        Files.write(damaged, onnx);
        onnx[onnx.length / 2] ^= 1;
        reasons.add(refusal(workers));

        KeyPair stranger = ManifestKeys.generate();
        ManifestSigner strange = new ManifestSigner(stranger.getPrivate(), stranger.getPublic());
        registry().publish(onnx, draft(onnx), strange, Start.WAITING, "demo", "signed by a stranger");
        reasons.add(refusal(workers));

        registry()
                .publish(onnx, draft(onnx).within(0.001), signer, Start.WAITING, "demo", "must take 1 us, and cannot");
        reasons.add(refusal(workers));
        return reasons;
    }

    /** Tries the latest version until every worker has refused it, and ends the trial. */
    private String refusal(int workers)
            throws IOException, InterruptedException, ChildFailedException, BrokerUnreachableException,
                    RolloutRefusedException, DemoException {
        Decided decided = canary("");
        List<String> reasons = List.of();
        long deadline = System.nanoTime() + VERDICT_LIMIT.toNanos();
        while (reasons.size() < workers) {
            tick(deadline, "refused by all workers");
            reasons = registry().workers().stream()
                    .flatMap(worker -> refusals(worker, decided.epoch()).stream())
                    .toList();
        }
        say("  refused: %s", reasons.get(0));
        registry().decide(new RolloutCommand.Rollback(MODEL, null), "demo", "");
        tellNews();
        return reasons.get(0);
    }

    private static List<String> refusals(WorkerSeen worker, long epoch) {
        return worker.of(MODEL).stream()
                .filter(said -> said.getEpoch() == epoch && said.getState() == ModelState.REFUSED)
                .map(said -> said.getDetail())
                .toList();
    }

    private void publish(byte[] onnx, String reason)
            throws IOException, InterruptedException, ModelRefusedException, BrokerUnreachableException {
        registry().publish(onnx, draft(onnx), signer, Start.WAITING, "demo", reason);
    }

    private Decided canary(String reason)
            throws IOException, InterruptedException, BrokerUnreachableException, RolloutRefusedException {
        Decided decided = registry()
                .decide(new TrialCommand.Canary(MODEL, latest(), STEPS, HOLD, Choice.BY_REQUEST), "demo", reason);
        tellNews();
        return decided;
    }

    private static VersionName latest() {
        return new VersionName("latest");
    }

    /** Waits for the judge's decision; the version that it is of. */
    private int verdict(RolloutAction wanted)
            throws IOException, InterruptedException, ChildFailedException, BrokerUnreachableException, DemoException {
        long deadline = System.nanoTime() + VERDICT_LIMIT.toNanos();
        Predicate<RolloutEvent> ends =
                event -> event.getAction() == RolloutAction.PROMOTED || event.getAction() == RolloutAction.ROLLED_BACK;
        while (true) {
            tick(deadline, "judged");
            for (RolloutEvent event : tellNews()) {
                if (ends.test(event)) {
                    return event.getAction() == wanted ? event.getVersion() : 0;
                }
            }
        }
    }

    private void tick(long deadline, String expected) throws InterruptedException, ChildFailedException, DemoException {
        supervisor.requireAlive();
        Thread.sleep(TICK_MILLIS);
        if (System.nanoTime() > deadline) {
            throw new DemoException(
                    "rollout: not over after " + VERDICT_LIMIT.toMinutes() + " min (expected: " + expected + ")");
        }
    }

    private void watch(Duration time) throws InterruptedException, ChildFailedException {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            supervisor.requireAlive();
            Thread.sleep(TICK_MILLIS);
        }
    }

    /** Tells what has been decided since the last time. */
    private List<RolloutEvent> tellNews() throws IOException, InterruptedException, BrokerUnreachableException {
        List<RolloutEvent> story = registry().story(MODEL);
        List<RolloutEvent> news = List.copyOf(story.subList(Math.min(told, story.size()), story.size()));
        told = story.size();
        news.forEach(this::tell);
        return news;
    }

    private void tell(RolloutEvent event) {
        String action = ActionWords.of(event.getAction());
        String share = event.getShare() == 0 ? "" : " at " + TrialCommand.percent(event.getShare());
        say(
                "%5.1f s  version %d %s%s; version %d answers",
                (System.nanoTime() - startedNanos) / 1e9, event.getVersion(), action, share, event.getChampion());
        if (!event.getReason().isEmpty()) {
            say("         %s: %s", event.getDecidedBy(), event.getReason());
        }
    }

    private ManifestDraft draft(byte[] onnx) throws IOException, ModelRefusedException {
        return ManifestDraft.of(onnx, MODEL, null);
    }

    private ModelRegistry registry() {
        return new ModelRegistry(Map.of("bootstrap.servers", bootstrap), Topics.standard());
    }

    private void say(String format, Object... values) {
        String line = String.format(Locale.ROOT, format, values);
        narrator.println(line.length() <= COLUMNS ? line : line.substring(0, COLUMNS - 3) + "...");
        narrator.flush();
    }
}

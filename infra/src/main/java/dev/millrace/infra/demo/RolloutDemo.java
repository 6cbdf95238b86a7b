package dev.millrace.infra.demo;

import dev.millrace.infra.process.ChildFailedException;
import dev.millrace.infra.process.RunDirectory;
import dev.millrace.infra.process.Supervisor;
import dev.millrace.infra.source.DatasetSource;
import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.ImageClient;
import dev.millrace.schemas.ModelState;
import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.manifest.ArtifactPlace;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.registry.Split;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.publish.ModelRegistry.Decided;
import dev.millrace.trainer.publish.ModelRegistry.Start;
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
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
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
    private final StoryTeller teller;
    private final KeyPair keys = ManifestKeys.generate();
    private final ManifestSigner signer = new ManifestSigner(keys.getPrivate(), keys.getPublic());
    private String bootstrap = "";

    RolloutDemo(Supervisor supervisor, RunDirectory directory, String childMain, PrintWriter narrator) {
        this.supervisor = supervisor;
        this.directory = directory;
        this.teller = new StoryTeller(supervisor, narrator, MODEL, "rollout", VERDICT_LIMIT);
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
        teller.say("Starting Apache Kafka, %d workers and a judge...", processes.workers());
        stack.startBroker();
        ManifestKeys.write(keys, directory.resolve("demo"));
        Path policy = Files.writeString(directory.resolve("policy.yaml"), POLICY);
        bootstrap = stack.awaitBroker();
        teller.at(bootstrap);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            new TopicProvisioner(admin).createMissing(Topics.standard().catalogue(PARTITIONS, (short) 1));
        }
        stack.startWorkers(processes.workers(), processes.lanes(), bootstrap, directory.resolve("demo.pub"));
        stack.startJudge(bootstrap, policy);
        teller.registry().publish(first, draft(first), signer, Start.ANSWERING, "demo", "trained for one epoch");
        stack.awaitWorkers();
        stack.awaitJudge();
        teller.tellNews();
    }

    private RolloutReport story(SteadyLoad load, int workers, byte[] weaker, byte[] better)
            throws IOException, InterruptedException, ChildFailedException, DemoException, ModelRefusedException,
                    BrokerUnreachableException, RolloutRefusedException {
        load.start();
        teller.say("Publishing %,d images a second, and what each really shows as feedback.", PER_SECOND);
        teller.watch(WARM_UP);
        long before = System.nanoTime();
        teller.watch(BEFORE);
        long begun = System.nanoTime();

        publish(better, "trained to the end");
        teller.registry().decide(new TrialCommand.Shadow(MODEL, latest(), FIRST_STEP, Choice.BY_REQUEST), "demo", "");
        teller.watch(LOOK);
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
            teller.say("Not answered: %,d; the first: %s", load.failures(), String.valueOf(failure.getMessage()));
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
        teller.registry()
                .publish(onnx, draft(onnx).at(place), signer, Start.WAITING, "demo", "its file is damaged later");
        onnx[onnx.length / 2] ^= 1;
        Files.write(damaged, onnx);
        onnx[onnx.length / 2] ^= 1;
        reasons.add(refusal(workers));

        KeyPair stranger = ManifestKeys.generate();
        ManifestSigner strange = new ManifestSigner(stranger.getPrivate(), stranger.getPublic());
        teller.registry().publish(onnx, draft(onnx), strange, Start.WAITING, "demo", "signed by a stranger");
        reasons.add(refusal(workers));

        teller.registry()
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
        long deadline = teller.deadline();
        while (reasons.size() < workers) {
            teller.tick(deadline, "refused by all workers");
            reasons = teller.registry().workers().stream()
                    .flatMap(worker -> refusals(worker, decided.epoch()).stream())
                    .toList();
        }
        teller.say("  refused: %s", reasons.get(0));
        teller.registry().decide(new RolloutCommand.Rollback(MODEL, null), "demo", "");
        teller.tellNews();
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
        teller.registry().publish(onnx, draft(onnx), signer, Start.WAITING, "demo", reason);
    }

    private Decided canary(String reason)
            throws IOException, InterruptedException, BrokerUnreachableException, RolloutRefusedException {
        Decided decided = teller.registry()
                .decide(new TrialCommand.Canary(MODEL, latest(), STEPS, HOLD, Choice.BY_REQUEST), "demo", reason);
        teller.tellNews();
        return decided;
    }

    private static VersionName latest() {
        return new VersionName("latest");
    }

    /** Waits for the judge's decision; the version that it is of, or 0 where it was the other one. */
    private int verdict(RolloutAction wanted)
            throws IOException, InterruptedException, ChildFailedException, BrokerUnreachableException, DemoException {
        return teller.await(wanted, EnumSet.of(RolloutAction.PROMOTED, RolloutAction.ROLLED_BACK));
    }

    private ManifestDraft draft(byte[] onnx) throws IOException, ModelRefusedException {
        return ManifestDraft.of(onnx, MODEL, null);
    }
}

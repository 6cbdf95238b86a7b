package dev.millrace.infra.demo;

import dev.millrace.infra.process.ChildFailedException;
import dev.millrace.infra.process.RunDirectory;
import dev.millrace.infra.process.Supervisor;
import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.ImageClient;
import dev.millrace.producer.OutgoingImage;
import dev.millrace.producer.source.Corruption;
import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.dataset.Split;
import dev.millrace.trainer.publish.TrainerSeen;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;

/**
 * The story of a stream whose images become others: a trainer makes the first version, sees that answers drift, retrains from labels, and its
 * judge promotes what came of it. Accuracy is measured on test images, whose labels nobody is told. One thread.
 */
final class DriftDemo {
    private static final String MODEL = "fashion-mnist";
    private static final int PARTITIONS = 8;
    private static final int PER_SECOND = 500;
    /** Of which every so manieth is a test image. */
    private static final int ONE_TEST_IN = 3;

    private static final int IN_FLIGHT = 20_000;
    private static final Duration WARM_UP = Duration.ofSeconds(4);
    private static final Duration MEASURED = Duration.ofSeconds(20);
    private static final Duration LIMIT = Duration.ofMinutes(8);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);

    private static final String RETRAIN = """
            model: fashion-mnist
            architecture: resnet-mini
            base:
              dataset: %s
              images: 8000
            train:
              epochs: 3
              batch: 64
              learning_rate: 0.05
              seed: 1
            replay:
              images: 20000
              held_out: 0.1
              share: 0.5
            trigger:
              least_labels: 8000
            rollout:
              kind: canary
              steps: [20%%]
              hold: 2s
            """;

    /** Quick enough for a demo: these are no limits for a service. */
    private static final String POLICY = """
            samples:
              harm: 50
              results: 150
              labels: 150
            worse:
              errors: 5
              accuracy: 2
              confidence: 60
              p50: 0
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
    private final Random unlucky = new Random(1);
    private String bootstrap = "";
    private volatile boolean shifted;
    private volatile boolean labelled;

    DriftDemo(Supervisor supervisor, RunDirectory directory, String childMain, PrintWriter narrator) {
        this.supervisor = supervisor;
        this.directory = directory;
        this.teller = new StoryTeller(supervisor, narrator, MODEL, "drift", LIMIT);
        this.stack = new LocalStack(supervisor, directory, childMain);
    }

    /** Tells the whole of it, with a data set that has images to train on and images to test. */
    DriftReport run(Demo.Processes processes, DatasetSpec dataset)
            throws IOException, InterruptedException, ChildFailedException, DemoException {
        try {
            teller.say("Loading %s...", dataset);
            Dataset data = dataset.load().labelled();
            serve(processes, dataset);
            ImageClient client = ImageClient.connect(
                    ClientConfig.of(bootstrap).withMaxInFlight(IN_FLIGHT).withTimeout(ANSWER_LIMIT));
            supervisor.stopFirst(() -> client.close(Duration.ZERO));
            return story(new SteadyLoad(client, data.classes(), stream(data), PER_SECOND));
        } catch (BrokerUnreachableException e) {
            throw new DemoException(String.valueOf(e.getMessage()), e);
        } catch (ExecutionException e) {
            throw new DemoException("Kafka refused: " + e.getCause(), e);
        }
    }

    private void serve(Demo.Processes processes, DatasetSpec dataset)
            throws IOException, InterruptedException, ChildFailedException, DemoException, ExecutionException,
                    BrokerUnreachableException {
        teller.say(
                "Starting Apache Kafka, a trainer and %d worker%s...",
                processes.workers(), processes.workers() == 1 ? "" : "s");
        stack.startBroker();
        ManifestKeys.write(keys, directory.resolve("demo"));
        Path policy = Files.writeString(directory.resolve("policy.yaml"), POLICY);
        Path retrain = Files.writeString(directory.resolve("retrain.yaml"), RETRAIN.formatted(dataset));
        bootstrap = stack.awaitBroker();
        teller.at(bootstrap);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            new TopicProvisioner(admin).createMissing(Topics.standard().catalogue(PARTITIONS, (short) 1));
        }
        stack.startTrainer(bootstrap, policy, retrain, directory.resolve("trainer"), directory.resolve("demo.key"));
        stack.awaitTrainer();
        teller.registry()
                .tell(RolloutEvent.newBuilder()
                        .setModel(MODEL)
                        .setAction(RolloutAction.RETRAIN_ASKED)
                        .setVersion(0)
                        .setChampion(0)
                        .setDecidedAt(Instant.now().truncatedTo(ChronoUnit.MILLIS))
                        .setDecidedBy("demo")
                        .setReason("there is no version yet")
                        .build());
        if (await(RolloutAction.PUBLISHED) == 0) {
            throw new DemoException("first version: not made (expected: published)");
        }
        stack.startWorkers(processes.workers(), processes.lanes(), bootstrap, directory.resolve("demo.pub"));
        stack.awaitWorkers();
    }

    /** Training images, of which labels are told, and in between test images. */
    private SteadyLoad.Stream stream(Dataset data) throws IOException {
        LabelledImages training = data.images(Split.TRAIN);
        LabelledImages test = data.images(Split.TEST);
        return number -> {
            boolean measured = number % ONE_TEST_IN == 0;
            LabelledImages from = measured ? test : training;
            int index = (measured ? number / ONE_TEST_IN : number) % from.size();
            OutgoingImage image = OutgoingImage.raw(
                    from.image(index),
                    from.shape().width(),
                    from.shape().height(),
                    from.shape().channels());
            return new SteadyLoad.Shot(
                    shifted ? new Corruption.Invert().apply(image, unlucky) : image,
                    from.label(index),
                    !measured && labelled,
                    measured);
        };
    }

    private DriftReport story(SteadyLoad load)
            throws IOException, InterruptedException, ChildFailedException, DemoException, BrokerUnreachableException {
        load.start();
        teller.say("Publishing %,d images a second.", PER_SECOND);
        teller.watch(WARM_UP);
        double before = measured(load);
        teller.say("%5.1f s  accuracy %.1f %%", teller.seconds(), 100 * before);

        shifted = true;
        long shiftedAt = System.nanoTime();
        teller.say("%5.1f s  from now on all images are inverted", teller.seconds());
        double detected = awaitDrift(shiftedAt);
        teller.say("%5.1f s  the trainer reports drift; from now on labels come", teller.seconds());
        labelled = true;
        double worse = measured(load);
        teller.say("%5.1f s  accuracy %.1f %%", teller.seconds(), 100 * worse);

        int published = await(RolloutAction.PUBLISHED);
        int promoted = published == 0 ? 0 : await(RolloutAction.PROMOTED);
        teller.watch(WARM_UP);
        double after = measured(load);
        teller.say("%5.1f s  accuracy %.1f %%", teller.seconds(), 100 * after);
        load.stop(ANSWER_LIMIT);
        Throwable failure = load.firstFailure();
        if (failure != null) {
            teller.say("Not answered: %,d; the first: %s", load.failures(), String.valueOf(failure.getMessage()));
        }
        return new DriftReport(before, worse, after, detected, published, promoted, load.published(), load.answered());
    }

    private double measured(SteadyLoad load) throws InterruptedException, ChildFailedException {
        long from = System.nanoTime();
        teller.watch(MEASURED);
        return load.accuracy(from, System.nanoTime());
    }

    /** Seconds from {@code since} until the trainer says so. */
    private double awaitDrift(long since)
            throws IOException, InterruptedException, ChildFailedException, DemoException, BrokerUnreachableException {
        long deadline = teller.deadline();
        while (teller.registry().trainers().stream().map(TrainerSeen::status).noneMatch(status -> status.getDrift()
                .getDrifted())) {
            teller.tick(deadline, "drift reported");
        }
        return (System.nanoTime() - since) / 1e9;
    }

    /** Waits for that decision; the version that it is of, or 0 where it came otherwise. */
    private int await(RolloutAction wanted)
            throws IOException, InterruptedException, ChildFailedException, BrokerUnreachableException, DemoException {
        return teller.await(wanted, EnumSet.of(RolloutAction.RETRAIN_FAILED, RolloutAction.ROLLED_BACK));
    }
}

package dev.millrace.infra.demo;

import dev.millrace.infra.process.ChildFailedException;
import dev.millrace.infra.process.ChildProcess;
import dev.millrace.infra.process.ChildSpec;
import dev.millrace.infra.process.RunDirectory;
import dev.millrace.infra.process.Supervisor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The processes of the demo: one broker, then workers. Owned by the demo's thread. */
final class LocalStack {
    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final Duration BROKER_GRACE = Duration.ofSeconds(20);
    private static final Duration WORKER_GRACE = Duration.ofSeconds(30);
    private static final Pattern BROKER_READY = Pattern.compile("^Kafka \\S+ ready at (\\S+:\\d+) ");
    private static final Pattern WORKER_READY = Pattern.compile("^Worker \\S+ serving ");
    private static final Pattern JUDGE_READY = Pattern.compile("^Judging\\.");
    private static final Pattern WORKER_ADDRESS = Pattern.compile("health at (http://\\S+?)/health/ready");

    private final Supervisor supervisor;
    private final RunDirectory directory;
    private final String mainClass;
    private final List<ChildProcess> workers = new ArrayList<>();
    private @Nullable ChildProcess broker;
    private @Nullable ChildProcess judge;
    private @Nullable ChildProcess trainer;

    /** @param mainClass runs a {@code millrace} command line as a child */
    LocalStack(Supervisor supervisor, RunDirectory directory, String mainClass) {
        this.supervisor = supervisor;
        this.directory = directory;
        this.mainClass = mainClass;
    }

    /** Starts a broker on a free loopback port; its records lie in the run directory. */
    void startBroker() throws IOException {
        broker = supervisor.start(new ChildSpec(
                "broker",
                List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"),
                mainClass,
                List.of(
                        "broker",
                        "--port",
                        "0",
                        "--data",
                        directory.resolve("kafka").toString()),
                BROKER_READY,
                BROKER_GRACE));
    }

    /** Waits for the broker and gives its address. */
    String awaitBroker() throws ChildFailedException, InterruptedException {
        if (broker == null) {
            throw new IllegalStateException("broker: not started (expected: startBroker() first)");
        }
        Matcher ready = BROKER_READY.matcher(broker.awaitReady(START_LIMIT));
        if (!ready.find()) {
            throw new IllegalStateException("broker: no address in its ready line");
        }
        return ready.group(1);
    }

    /** Starts workers that trust one key; {@code lanes} null leaves the choice to them. */
    void startWorkers(int count, @Nullable String lanes, String bootstrap, Path trustedKey) throws IOException {
        List<ChildSpec> specs = new ArrayList<>();
        for (int number = 1; number <= count; number++) {
            List<String> arguments = new ArrayList<>(List.of("worker", "--bootstrap", bootstrap, "--http-port", "0"));
            arguments.addAll(List.of("--id", "worker-" + number, "--trusted-keys", trustedKey.toString()));
            if (lanes != null) {
                arguments.addAll(List.of("--lanes", lanes));
            }
            specs.add(new ChildSpec(
                    "worker-" + number,
                    // The first compiler alone: a worker that lives for seconds is over before the second pays.
                    List.of(
                            "-Xmx384m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-Xshare:auto",
                            "--enable-native-access=ALL-UNNAMED"),
                    mainClass,
                    arguments,
                    WORKER_READY,
                    WORKER_GRACE));
        }
        workers.addAll(supervisor.start(specs));
    }

    /** Starts a judge that decides by a policy file. */
    void startJudge(String bootstrap, Path policy) throws IOException {
        judge = supervisor.start(new ChildSpec(
                "judge",
                List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"),
                mainClass,
                List.of(
                        "trainer",
                        "--roles",
                        "judge",
                        "--bootstrap",
                        bootstrap,
                        "--policy",
                        policy.toString(),
                        "--every",
                        "500ms",
                        "--report",
                        directory.logs().resolve("reports").toString()),
                JUDGE_READY,
                WORKER_GRACE));
    }

    /** Starts a trainer that judges and retrains. */
    void startTrainer(String bootstrap, Path policy, Path retrain, Path work, Path key) throws IOException {
        trainer = supervisor.start(new ChildSpec(
                "trainer",
                List.of(
                        "-Xmx512m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xshare:auto",
                        "--enable-native-access=ALL-UNNAMED"),
                mainClass,
                List.of(
                        "trainer",
                        "--roles",
                        "judge,retrain",
                        "--bootstrap",
                        bootstrap,
                        "--policy",
                        policy.toString(),
                        "--retrain",
                        retrain.toString(),
                        "--work",
                        work.toString(),
                        "--key",
                        key.toString(),
                        "--http-port",
                        "0"),
                JUDGE_READY,
                WORKER_GRACE));
    }

    /** Waits until the judge is at work. */
    void awaitJudge() throws ChildFailedException, InterruptedException {
        if (judge == null) {
            throw new IllegalStateException("judge: not started (expected: startJudge() first)");
        }
        judge.awaitReady(START_LIMIT);
    }

    /** Waits until the trainer is at work. */
    void awaitTrainer() throws ChildFailedException, InterruptedException {
        if (trainer == null) {
            throw new IllegalStateException("trainer: not started (expected: startTrainer() first)");
        }
        trainer.awaitReady(START_LIMIT);
    }

    /** Waits until every worker serves the model. */
    void awaitWorkers() throws ChildFailedException, InterruptedException {
        for (ChildProcess worker : workers) {
            worker.awaitReady(START_LIMIT);
        }
    }

    /** Where the workers answer over HTTP, such as {@code http://127.0.0.1:41234}. */
    List<String> workerAddresses() {
        return workers.stream()
                .flatMap(worker -> worker.outputMatching(WORKER_ADDRESS).stream())
                .map(match -> match.group(1))
                .toList();
    }
}

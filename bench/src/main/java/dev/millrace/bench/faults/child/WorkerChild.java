package dev.millrace.bench.faults.child;

import dev.millrace.bench.process.TalkingChild;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** One worker process that breaks where it is told to. Every method may be called from any thread. */
public final class WorkerChild implements AutoCloseable {

    /** As a product worker has them; {@link WorkerJvm} adds the rest. */
    private static final List<String> JVM_FLAGS = List.of(
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-XX:-UsePerfData",
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+ExitOnOutOfMemoryError",
            "-Dlogback.configurationFile=logback-bench-worker.xml");

    private static final Pattern HEALTH = Pattern.compile("health at (http://\\S+)/health/ready");

    private final TalkingChild child;

    /** How many lines there were when a fail point was last armed: what was said before is about another one. */
    private volatile int spoken;

    /**
     * How a worker is started.
     *
     * @param id worker id
     * @param jvm more flags of its JVM
     * @param arguments of {@code millrace worker}
     * @param armed fail points from the start
     * @param hosts the child's hosts file, in place of the system's resolver
     * @param temp the child's directory for temporary files
     * @param log file that its output is added to
     * @param environment variables beside the ones of this process
     */
    public record Launch(
            String id,
            WorkerJvm jvm,
            List<String> arguments,
            List<FailPoint> armed,
            Path hosts,
            Path temp,
            Path log,
            Map<String, String> environment) {
        /** Copies the collections. */
        public Launch {
            arguments = List.copyOf(arguments);
            armed = List.copyOf(armed);
            environment = Map.copyOf(environment);
        }
    }

    private WorkerChild(TalkingChild child) {
        this.child = child;
    }

    /** Starts a worker, and returns at once. */
    public static WorkerChild start(Launch launch) throws IOException {
        List<String> arguments = new ArrayList<>(JVM_FLAGS);
        arguments.addAll(launch.jvm().flags());
        arguments.add("-Djava.io.tmpdir=" + Files.createDirectories(launch.temp()));
        arguments.add("-Djdk.net.hosts.file=" + launch.hosts());
        arguments.add("-D" + FaultyWorkerMain.ARMED + "="
                + launch.armed().stream().map(FailPoint::text).collect(Collectors.joining(";")));
        arguments.add(FaultyWorkerMain.class.getName());
        arguments.addAll(launch.arguments());
        return new WorkerChild(TalkingChild.java(launch.id(), arguments, launch.environment(), launch.log()));
    }

    /** Worker id. */
    public String id() {
        return child.name();
    }

    /** Process id. */
    public long pid() {
        return child.handle().pid();
    }

    /** Whether it runs, or is stopped by a signal. */
    public boolean isAlive() {
        return child.isAlive();
    }

    /**
     * Waits until it serves a model.
     *
     * @throws IllegalStateException with its last lines, when it ends first or takes longer than {@code limit}
     */
    public void awaitServing(Duration limit) throws InterruptedException {
        child.await(0, line -> line.startsWith("Worker " + id() + " serving "), "serving", limit);
    }

    /** Arms a fail point, and returns once it is armed. */
    public void arm(FailPoint point) throws InterruptedException {
        String text = point.text();
        spoken = child.spoken();
        try {
            child.say(text);
        } catch (IOException e) {
            throw child.failure("cannot be given the fail point " + text);
        }
        child.await(
                spoken, line -> line.equals("fail point: armed " + text), "armed with " + text, Duration.ofSeconds(10));
    }

    /** Waits until a lane is held, or sleeps, at the stage of {@code point}, which was the last to be armed. */
    public void awaitHeld(FailPoint point, Duration limit) throws InterruptedException {
        child.await(spoken, line -> line.equals(FailPoint.heldLine(point.stage())), "held at " + point.stage(), limit);
    }

    /** The lines with {@code text} since a fail point was last armed, or since the start. */
    public List<String> said(String text) {
        return child.said(spoken).stream().filter(line -> line.contains(text)).toList();
    }

    /** How it is, as a supervisor that asks over HTTP sees it. */
    public Health health() {
        return child.said(0).stream()
                .map(HEALTH::matcher)
                .filter(Matcher::find)
                .findFirst()
                .map(found -> Health.ask(found.group(1)))
                .orElse(Health.SILENT);
    }

    /** SIGKILL; returns when it is gone. */
    public void kill() throws InterruptedException {
        child.kill();
    }

    /** SIGTERM; returns at once. */
    public void terminate() {
        child.terminate();
    }

    /**
     * Waits for its end.
     *
     * @return its exit code
     * @throws IllegalStateException when it takes longer than {@code limit}
     */
    public int awaitExit(Duration limit) throws InterruptedException {
        return child.awaitExit(limit);
    }

    /** SIGSTOP. */
    public void freeze() {
        Signals.stop(child.handle());
    }

    /** SIGCONT. */
    public void thaw() {
        Signals.resume(child.handle());
    }

    /** Kills it if it still runs. */
    @Override
    public void close() {
        child.close();
    }
}

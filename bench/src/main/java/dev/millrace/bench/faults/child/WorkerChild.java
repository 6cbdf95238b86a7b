package dev.millrace.bench.faults.child;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One worker process. Its output goes to a log, through one reader thread that also lets others wait for a line. Every
 * method may be called from any thread.
 */
public final class WorkerChild implements AutoCloseable {
    private static final Duration KILL_PATIENCE = Duration.ofSeconds(10);

    /** As a product worker has them; {@link WorkerJvm} adds the rest. */
    private static final List<String> JVM_FLAGS = List.of(
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-XX:-UsePerfData",
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+ExitOnOutOfMemoryError",
            "-Dlogback.configurationFile=logback-bench-worker.xml");

    private static final Pattern HEALTH = Pattern.compile("health at (http://\\S+)/health/ready");

    private final String id;
    private final Process process;
    private final List<String> lines = new ArrayList<>();

    /** How many lines there were when a fail point was last armed: what was said before is about another one. */
    private int spoken;

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

    private WorkerChild(String id, Process process) {
        this.id = id;
        this.process = process;
    }

    /** Starts a worker, and returns at once. */
    public static WorkerChild start(Launch launch) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM_FLAGS);
        command.addAll(launch.jvm().flags());
        command.add("-Djava.io.tmpdir=" + Files.createDirectories(launch.temp()));
        command.add("-Djdk.net.hosts.file=" + launch.hosts());
        command.add("-D" + FaultyWorkerMain.ARMED + "="
                + launch.armed().stream().map(FailPoint::text).collect(Collectors.joining(";")));
        command.add(FaultyWorkerMain.class.getName());
        command.addAll(launch.arguments());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        builder.environment().putAll(launch.environment());
        WorkerChild child = new WorkerChild(launch.id(), builder.start());
        Thread reader = new Thread(() -> child.read(launch.log()), launch.id() + "-output");
        reader.setDaemon(true);
        reader.start();
        return child;
    }

    private void read(Path log) {
        try (BufferedReader output =
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
                BufferedWriter file =
                        Files.newBufferedWriter(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                file.write(line);
                file.newLine();
                file.flush();
                synchronized (lines) {
                    lines.add(line);
                    lines.notifyAll();
                }
            }
        } catch (IOException e) {
            // A child that was killed may break its pipe; what it wrote before is in the log.
        } finally {
            synchronized (lines) {
                lines.notifyAll();
            }
        }
    }

    /** Worker id. */
    public String id() {
        return id;
    }

    /** Process id. */
    public long pid() {
        return process.pid();
    }

    /** Whether it runs, or is stopped by a signal. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /**
     * Waits until it serves a model.
     *
     * @throws IllegalStateException with its last lines, when it ends first or takes longer than {@code limit}
     */
    public void awaitServing(Duration limit) throws InterruptedException {
        awaitLine(0, line -> line.startsWith("Worker " + id + " serving "), "serving", limit);
    }

    /** Arms a fail point, and returns once it is armed. */
    public void arm(FailPoint point) throws InterruptedException {
        String text = point.text();
        synchronized (lines) {
            spoken = lines.size();
        }
        try {
            Writer orders = process.outputWriter(StandardCharsets.UTF_8);
            orders.write(text + "\n");
            orders.flush();
        } catch (IOException e) {
            throw failure("cannot be given the fail point " + text);
        }
        awaitLine(
                spoken(),
                line -> line.equals("fail point: armed " + text),
                "armed with " + text,
                Duration.ofSeconds(10));
    }

    /** Waits until a lane is held, or sleeps, at the stage of {@code point}, which was the last to be armed. */
    public void awaitHeld(FailPoint point, Duration limit) throws InterruptedException {
        awaitLine(spoken(), line -> line.equals(FailPoint.heldLine(point.stage())), "held at " + point.stage(), limit);
    }

    /** The lines with {@code text} since a fail point was last armed, or since the start. */
    public List<String> said(String text) {
        synchronized (lines) {
            return lines.subList(spoken, lines.size()).stream()
                    .filter(line -> line.contains(text))
                    .toList();
        }
    }

    /** How it is, as a supervisor that asks over HTTP sees it. */
    public Health health() {
        synchronized (lines) {
            return lines.stream()
                    .map(HEALTH::matcher)
                    .filter(Matcher::find)
                    .findFirst()
                    .map(found -> Health.ask(found.group(1)))
                    .orElse(Health.SILENT);
        }
    }

    private int spoken() {
        synchronized (lines) {
            return spoken;
        }
    }

    private void awaitLine(int from, Predicate<String> wanted, String state, Duration limit)
            throws InterruptedException {
        long until = System.nanoTime() + limit.toNanos();
        synchronized (lines) {
            while (lines.subList(from, lines.size()).stream().noneMatch(wanted)) {
                long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
                if (left <= 0 || !process.isAlive()) {
                    throw failure("was not " + state + " within " + limit.toMillis() + " ms");
                }
                // In steps: the end of a child is not announced here.
                lines.wait(Math.min(left, 100));
            }
        }
    }

    private IllegalStateException failure(String what) {
        synchronized (lines) {
            String last = String.join("\n  ", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
            String state = process.isAlive() ? "runs" : "ended with " + process.exitValue();
            return new IllegalStateException(id + " " + what + "; it " + state + ":\n  " + last);
        }
    }

    /** SIGKILL; returns when it is gone. */
    public void kill() throws InterruptedException {
        process.toHandle().destroyForcibly();
        if (!process.waitFor(KILL_PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw failure("does not end even when killed");
        }
    }

    /** SIGTERM; returns at once. */
    public void terminate() {
        // Not Process.destroy(): it would end the child's standard input, too.
        process.toHandle().destroy();
    }

    /**
     * Waits for its end.
     *
     * @return its exit code
     * @throws IllegalStateException when it takes longer than {@code limit}
     */
    public int awaitExit(Duration limit) throws InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw failure("did not end within " + limit.toMillis() + " ms");
        }
        return process.exitValue();
    }

    /** SIGSTOP. */
    public void freeze() {
        Signals.stop(process.toHandle());
    }

    /** SIGCONT. */
    public void thaw() {
        Signals.resume(process.toHandle());
    }

    /** Kills it if it still runs. */
    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(KILL_PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

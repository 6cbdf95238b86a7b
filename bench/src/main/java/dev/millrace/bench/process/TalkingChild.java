package dev.millrace.bench.process;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A child process that is talked to by lines. Its output goes to a log, through one reader thread that also lets others
 * wait for a line. Every method may be called from any thread.
 */
public final class TalkingChild implements AutoCloseable {
    private static final Duration KILL_PATIENCE = Duration.ofSeconds(10);
    private static final int LAST_LINES = 15;

    private final String name;
    private final Process process;
    private final List<String> lines = new ArrayList<>();

    private TalkingChild(String name, Process process) {
        this.name = name;
        this.process = process;
    }

    /**
     * Starts a JVM with this one's class path, and returns at once.
     *
     * @param name of the child, in messages
     * @param arguments of {@code java}: flags, the main class and what it is given
     * @param environment variables beside the ones of this process
     * @param log file that its output is added to
     */
    public static TalkingChild java(String name, List<String> arguments, Map<String, String> environment, Path log)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        Map<String, String> variables = new HashMap<>(environment);
        variables.putIfAbsent("CLASSPATH", System.getProperty("java.class.path"));
        return start(name, command, variables, log);
    }

    /** Starts any program, and returns at once; as {@link #java}. */
    public static TalkingChild start(String name, List<String> command, Map<String, String> environment, Path log)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        TalkingChild child = new TalkingChild(name, builder.start());
        Thread reader = new Thread(() -> child.read(log), name + "-output");
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

    /** Its name in messages. */
    public String name() {
        return name;
    }

    /** For signals. */
    public ProcessHandle handle() {
        return process.toHandle();
    }

    /** Whether it runs, or is stopped by a signal. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** How many lines it has printed. */
    public int spoken() {
        synchronized (lines) {
            return lines.size();
        }
    }

    /** The lines after the first {@code from}. */
    public List<String> said(int from) {
        synchronized (lines) {
            return List.copyOf(lines.subList(from, lines.size()));
        }
    }

    /** Gives it a line of standard input. */
    public void say(String line) throws IOException {
        Writer input = process.outputWriter(StandardCharsets.UTF_8);
        input.write(line + "\n");
        input.flush();
    }

    /**
     * Waits for a line.
     *
     * @param from lines before this one do not count
     * @param state what the child is then, for the message
     * @return the first such line
     * @throws IllegalStateException with its last lines, when it ends first or takes longer than {@code limit}
     */
    public String await(int from, Predicate<String> wanted, String state, Duration limit) throws InterruptedException {
        long until = System.nanoTime() + limit.toNanos();
        synchronized (lines) {
            while (true) {
                Optional<String> found = lines.subList(from, lines.size()).stream()
                        .filter(wanted)
                        .findFirst();
                if (found.isPresent()) {
                    return found.get();
                }
                long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
                if (left <= 0 || !process.isAlive()) {
                    throw failure("was not " + state + " within " + limit.toMillis() + " ms");
                }
                // In steps: the end of a child is not announced here.
                lines.wait(Math.min(left, 100));
            }
        }
    }

    /** What went wrong with it, with its last lines. */
    public IllegalStateException failure(String what) {
        synchronized (lines) {
            String last = String.join("\n  ", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
            String state = process.isAlive() ? "runs" : "ended with " + process.exitValue();
            return new IllegalStateException(name + " " + what + "; it " + state + ":\n  " + last);
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

package dev.millrace.infra.process;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One child JVM. Its output goes to a log line by line, through one reader thread that also looks for the line that
 * says that it is ready. Its standard input stays open and silent for as long as this process lives: see
 * {@link ParentWatch}.
 */
public final class ChildProcess {
    private static final boolean WINDOWS = File.separatorChar == '\\';

    /**
     * Starts the child deaf to the terminal: a JVM leaves SIGINT and SIGHUP ignored when it finds them ignored, so
     * Ctrl-C reaches the parent alone, which then stops its children in order. SIGTERM works as ever.
     */
    private static final List<String> DEAF_TO_TERMINAL = List.of("/bin/sh", "-c", "trap '' INT HUP; exec \"$@\"", "sh");

    private final ChildSpec spec;
    private final Path log;
    private final Process process;
    private final Thread reader;
    private final RecentLines recent = new RecentLines();
    private final CompletableFuture<String> ready = new CompletableFuture<>();

    private ChildProcess(ChildSpec spec, Path log, Process process) {
        this.spec = spec;
        this.log = log;
        this.process = process;
        this.reader = new Thread(this::readOutput, spec.name() + "-output");
        reader.setDaemon(true);
    }

    static ChildProcess start(ChildSpec spec, RunDirectory directory) throws IOException {
        Path log = directory.logs().resolve(spec.name() + ".log");
        Process process = new ProcessBuilder(commandLine(spec, directory))
                .redirectErrorStream(true)
                .start();
        ChildProcess child = new ChildProcess(spec, log, process);
        child.reader.start();
        return child;
    }

    private static List<String> commandLine(ChildSpec spec, RunDirectory directory) {
        List<String> command = new ArrayList<>(WINDOWS ? List.of() : DEAF_TO_TERMINAL);
        command.add(Path.of(System.getProperty("java.home"), "bin", WINDOWS ? "java.exe" : "java")
                .toString());
        command.addAll(spec.jvmFlags());
        command.add("-XX:-UsePerfData");
        command.add("-XX:+ExitOnOutOfMemoryError");
        command.add("-XX:ErrorFile=" + directory.logs().resolve(spec.name() + "-crash.log"));
        command.add("-Djava.io.tmpdir=" + directory.temp());
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(spec.mainClass());
        command.addAll(spec.arguments());
        return command;
    }

    /** The child's name. */
    public String name() {
        return spec.name();
    }

    /** Its process id. */
    public long pid() {
        return process.pid();
    }

    /** Whether it runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /**
     * Waits until the child says that it is ready.
     *
     * @return the line that says so
     * @throws ChildFailedException when it ends first or takes longer than {@code limit}
     */
    public String awaitReady(Duration limit) throws ChildFailedException, InterruptedException {
        try {
            return ready.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            awaitExit(Duration.ofSeconds(1));
            throw failure();
        } catch (TimeoutException e) {
            throw new ChildFailedException(
                    name() + " is not ready after " + limit.toSeconds() + " s", recent.snapshot(), log);
        }
    }

    /** What to say when the child has ended or is ending by itself. */
    ChildFailedException failure() throws InterruptedException {
        reader.join(1_000);
        String how = process.isAlive() ? "closed its output" : "ended with exit code " + process.exitValue();
        return new ChildFailedException(name() + " " + how, recent.snapshot(), log);
    }

    /** SIGTERM; where there are no signals, the end of the process. */
    void terminate() {
        process.destroy();
    }

    /** SIGKILL. */
    void kill() {
        process.destroyForcibly();
    }

    /** Whether it has ended within {@code limit}. */
    boolean awaitExit(Duration limit) throws InterruptedException {
        return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The first match in what it has written so far. */
    public Optional<MatchResult> outputMatching(Pattern pattern) {
        try (Stream<String> lines = Files.lines(log)) {
            return lines.map(pattern::matcher)
                    .filter(Matcher::find)
                    .<MatchResult>map(Matcher::toMatchResult)
                    .findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException("log: " + log + " (expected: it can be read)", e);
        }
    }

    /** How long it may take to stop. */
    Duration grace() {
        return spec.grace();
    }

    private void readOutput() {
        try (BufferedReader output =
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
                BufferedWriter file = Files.newBufferedWriter(log)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                file.write(line);
                file.newLine();
                file.flush();
                recent.add(line);
                if (spec.readyLine().matcher(line).find()) {
                    ready.complete(line);
                }
            }
        } catch (IOException e) {
            recent.add(name() + " log: " + e.getMessage());
        } finally {
            ready.completeExceptionally(new IOException("end of output"));
        }
    }
}

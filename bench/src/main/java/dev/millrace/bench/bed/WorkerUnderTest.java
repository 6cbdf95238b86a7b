package dev.millrace.bench.bed;

import dev.millrace.bench.process.TalkingChild;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A worker, started as the launcher starts one, that says what it has used. One thread. */
public final class WorkerUnderTest implements AutoCloseable {
    /** Those of {@code millrace worker}. */
    public static final List<String> JVM_FLAGS = List.of(
            "-Xshare:auto",
            "-XX:-UsePerfData",
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+ExitOnOutOfMemoryError",
            "-Dlogback.configurationFile=logback-bench-worker.xml");

    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);

    private final TalkingChild child;

    private WorkerUnderTest(TalkingChild child) {
        this.child = child;
    }

    /**
     * Starts it, and waits until it serves.
     *
     * @param waits whether it can be told to wait in session runs
     * @param options of {@code millrace worker}
     */
    public static WorkerUnderTest start(String id, boolean waits, List<String> options, Path log)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(JVM_FLAGS);
        if (waits) {
            arguments.add(MeasuredWorkerMain.WAITS);
        }
        arguments.add(MeasuredWorkerMain.class.getName());
        arguments.addAll(List.of("--id", id, "--http-port", "0"));
        arguments.addAll(options);
        TalkingChild child = TalkingChild.java(id, arguments, Map.of(), log);
        try {
            child.await(0, line -> line.startsWith("Worker " + id + " serving "), "serving", START_LIMIT);
            return new WorkerUnderTest(child);
        } catch (InterruptedException | RuntimeException e) {
            child.close();
            throw e;
        }
    }

    /** Makes every session run take so much longer, as on a device that needs no CPU meanwhile; zero: no longer. */
    public void letWait(Duration run) throws IOException, InterruptedException {
        int from = child.spoken();
        child.say(MeasuredWorkerMain.WAIT + " " + run.toNanos());
        child.await(
                from, said -> Lines.is(said, MeasuredWorkerMain.WAIT), "able to wait in session runs", ANSWER_LIMIT);
    }

    /** What it has used since its start. */
    public ProcessUsage usage() throws IOException, InterruptedException {
        int from = child.spoken();
        child.say(MeasuredWorkerMain.USAGE);
        String line = child.await(
                from, said -> Lines.is(said, MeasuredWorkerMain.USAGE), "able to say what it used", ANSWER_LIMIT);
        return Lines.read(line, ProcessUsage.class);
    }

    /** Drains it. */
    @Override
    public void close() {
        child.terminate();
        try {
            child.awaitExit(STOP_LIMIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IllegalStateException e) {
            // What was measured stays true.
            System.err.println("while closing: " + e.getMessage());
        } finally {
            child.close();
        }
    }
}

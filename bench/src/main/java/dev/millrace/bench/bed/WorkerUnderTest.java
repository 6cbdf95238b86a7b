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

    private static final int MEMORY_MB = 6144;
    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);

    private final TalkingChild child;

    private WorkerUnderTest(TalkingChild child) {
        this.child = child;
    }

    /**
     * Those of each of so many workers whose session runs can be told to wait. They share the memory that one would have: 16 heaps of a
     * default size would not fit beside each other, and the broker would stand still while the system looks for memory. More
     * than one are compiled by the quick compiler alone: with both, 16 processes on two CPUs would be busy with that for minutes.
     */
    public static List<String> waitingJvmFlags(int workers) {
        List<String> flags = new ArrayList<>(JVM_FLAGS);
        flags.add("-Xmx" + MEMORY_MB / workers + "m");
        if (workers > 1) {
            flags.add("-XX:TieredStopAtLevel=1");
        }
        flags.add(MeasuredWorkerMain.WAITS);
        return List.copyOf(flags);
    }

    /**
     * Starts it, and waits until it serves.
     *
     * @param jvmFlags {@link #JVM_FLAGS} or {@link #waitingJvmFlags}
     * @param options of {@code millrace worker}
     */
    public static WorkerUnderTest start(String id, List<String> jvmFlags, List<String> options, Path log)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(jvmFlags);
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

    /** Its process. */
    public ProcessHandle handle() {
        return child.handle();
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

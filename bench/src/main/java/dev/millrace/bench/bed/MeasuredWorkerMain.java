package dev.millrace.bench.bed;

import dev.millrace.worker.WorkerCommand;
import dev.millrace.worker.telemetry.StageWatch;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine;

/**
 * {@code millrace worker} that says what it has used when it is asked, and can be told to wait in session runs. Each line of standard
 * input is an order; the end of standard input means that the parent has gone.
 */
public final class MeasuredWorkerMain {
    /** Order that is answered by the same word and a {@link ProcessUsage}. */
    public static final String USAGE = "usage";

    /** Order with nanoseconds that every session run takes longer from now on; answered by the same word. */
    static final String WAIT = "wait";

    private static final String PROPERTY = "millrace.bench.waits";

    /** For the JVM of a worker that obeys {@link #WAIT}. */
    static final String WAITS = "-D" + PROPERTY + "=true";

    /** Written by the thread of the orders, read by lanes. */
    private static volatile long waitNanos;

    private MeasuredWorkerMain() {}

    /** What {@link #WAIT} is answered with. */
    private record Waiting(long nanos) {}

    /** Runs the worker command. */
    public static void main(String[] args) {
        Thread orders = new Thread(() -> Lines.follow(MeasuredWorkerMain::obey), "orders");
        orders.setDaemon(true);
        orders.start();
        StageWatch watch = Boolean.getBoolean(PROPERTY) ? (lane, stage, source) -> waitIn(stage) : StageWatch.NONE;
        System.exit(new CommandLine(new WorkerCommand(watch)).execute(args));
    }

    private static void obey(List<String> words) throws Exception {
        if (words.get(0).equals(WAIT)) {
            waitNanos = Long.parseLong(words.get(1));
            Lines.tell(WAIT, new Waiting(waitNanos));
        } else {
            Lines.tell(USAGE, ProcessUsage.here());
        }
    }

    private static void waitIn(StageWatch.Stage stage) {
        if (stage == StageWatch.Stage.INFER) {
            long end = System.nanoTime() + waitNanos;
            for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
        }
    }
}

package dev.millrace.bench.bed;

import dev.millrace.worker.WorkerCommand;
import dev.millrace.worker.telemetry.StageWatch;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine;

/**
 * {@code millrace worker} that says what it has used when it is asked: to each line of standard input it answers
 * {@code usage} and a {@link ProcessUsage}. The end of standard input means that the parent has gone.
 */
public final class MeasuredWorkerMain {
    /** The word before an answer. */
    public static final String USAGE = "usage";

    private static final String WAIT = "millrace.bench.wait.us";

    private MeasuredWorkerMain() {}

    /** For the JVM: every session run takes so much longer, as on a device that needs no CPU meanwhile. */
    public static String waiting(Duration time) {
        return "-D" + WAIT + "=" + TimeUnit.NANOSECONDS.toMicros(time.toNanos());
    }

    /** Runs the worker command. */
    public static void main(String[] args) {
        Thread orders = new Thread(() -> Lines.follow(words -> Lines.tell(USAGE, ProcessUsage.here())), "orders");
        orders.setDaemon(true);
        orders.start();
        System.exit(new CommandLine(new WorkerCommand(watch(Long.getLong(WAIT, 0)))).execute(args));
    }

    private static StageWatch watch(long waitMicros) {
        if (waitMicros == 0) {
            return StageWatch.NONE;
        }
        return (lane, stage, source) -> {
            if (stage == StageWatch.Stage.INFER) {
                long end = System.nanoTime() + TimeUnit.MICROSECONDS.toNanos(waitMicros);
                for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
            }
        };
    }
}

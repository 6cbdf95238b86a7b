package dev.millrace.bench.limit.child;

import dev.millrace.worker.WorkerCommand;
import picocli.CommandLine;

/**
 * {@code millrace worker} that says what it has used when it is asked: to each line of standard input it answers
 * {@code usage} and a {@link ProcessUsage}. The end of standard input means that the parent has gone.
 */
public final class MeasuredWorkerMain {
    /** The word before an answer. */
    public static final String USAGE = "usage";

    private MeasuredWorkerMain() {}

    /** Runs the worker command. */
    public static void main(String[] args) {
        Thread orders = new Thread(() -> Lines.follow(words -> Lines.tell(USAGE, ProcessUsage.here())), "orders");
        orders.setDaemon(true);
        orders.start();
        System.exit(new CommandLine(new WorkerCommand()).execute(args));
    }
}

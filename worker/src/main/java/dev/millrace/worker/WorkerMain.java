package dev.millrace.worker;

import picocli.CommandLine;

/** The worker alone, for images and machines that have nothing else of Millrace. */
public final class WorkerMain {
    private WorkerMain() {}

    /** Runs {@code millrace worker}. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new WorkerCommand()).execute(args));
    }
}

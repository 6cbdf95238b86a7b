package dev.millrace.infra.cli;

import dev.millrace.infra.process.ParentWatch;

/** The {@code millrace} command as a supervised child, which ends when its parent is gone. */
public final class ChildMain {
    private ChildMain() {}

    /** Runs the command line as {@link Millrace} does. */
    public static void main(String[] args) {
        ParentWatch.start();
        Millrace.main(args);
    }
}

package dev.millrace.worker.rehearsal;

import java.io.IOException;
import java.nio.file.Path;

/**
 * In a {@link BoundedProcess}: when its standard input ends, nobody waits for it any more. It deletes its working folder
 * and ends.
 */
public final class ParentWatch {
    private ParentWatch() {}

    /** Begins to watch, on a thread of its own. */
    public static void start() {
        Thread watch = new Thread(ParentWatch::endWithParent, "parent-watch");
        watch.setDaemon(true);
        watch.start();
    }

    private static void endWithParent() {
        try {
            while (System.in.read() >= 0) {
                // Nothing is expected; only the end counts.
            }
        } catch (IOException e) {
            // No parent behind it either.
        }
        try {
            BoundedProcess.delete(Path.of("").toAbsolutePath());
        } catch (IOException e) {
            // What is left is for whoever cleans the temp directory.
        }
        Runtime.getRuntime().halt(1);
    }
}

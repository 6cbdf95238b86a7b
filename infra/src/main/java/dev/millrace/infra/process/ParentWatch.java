package dev.millrace.infra.process;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/**
 * Ends this JVM when its parent is gone. The parent holds the other end of this process's standard input and never
 * writes: end of file means that it has exited, however it did. Owned by one daemon thread.
 */
public final class ParentWatch {
    private static final Duration GRACE = Duration.ofSeconds(10);

    private ParentWatch() {}

    /** Starts watching; call it once, before anything else. */
    public static void start() {
        daemon("parent-watch", ParentWatch::exitAtEndOfInput);
    }

    private static void exitAtEndOfInput() {
        awaitEndOf(System.in);
        // Shutdown hooks may wait for a broker that is going away at the same moment: never for ever.
        daemon("parent-watch-limit", ParentWatch::haltAfterGrace);
        System.exit(0);
    }

    private static void awaitEndOf(InputStream in) {
        try {
            byte[] ignored = new byte[64];
            while (in.read(ignored) >= 0) {
                // Nothing is expected; only the end counts.
            }
        } catch (IOException e) {
            // A pipe that cannot be read any more has no parent behind it.
        }
    }

    private static void haltAfterGrace() {
        try {
            Thread.sleep(GRACE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(1);
    }

    private static void daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }
}

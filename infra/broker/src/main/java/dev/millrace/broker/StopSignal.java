package dev.millrace.broker;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.utils.internals.Exit;
import org.jline.utils.Signals;

/**
 * Turns SIGTERM, Ctrl-C and the end of a parent into one orderly stop on the main thread, which then ends the JVM with
 * its own exit status: one that a signal ends by itself reports 143. Where Kafka itself decides to exit (a full disk, a
 * fatal fault) the process halts with Kafka's status.
 */
final class StopSignal {

    private static final long STOP_LIMIT_SECONDS = 30;

    private final CountDownLatch requested = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);

    private StopSignal() {}

    static StopSignal install() {
        StopSignal signal = new StopSignal();
        Exit.setExitProcedure((status, message) -> Runtime.getRuntime().halt(status));
        for (String name : List.of("TERM", "INT", "HUP")) {
            Signals.register(name, signal.requested::countDown);
        }
        // For a System.exit by somebody else in this JVM.
        Runtime.getRuntime().addShutdownHook(new Thread(signal::stopAndWait, "broker-stop"));
        return signal;
    }

    /** Main thread: waits until someone wants the broker to stop. */
    void await() {
        try {
            requested.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Main thread: everything is closed. */
    void stopped() {
        stopped.countDown();
    }

    /** Asks for the stop when {@code stream} ends: the parent that holds its other end closed it, or died. */
    void whenEnded(InputStream stream) {
        Thread watcher = new Thread(
                () -> {
                    try (stream) {
                        stream.transferTo(OutputStream.nullOutputStream());
                    } catch (IOException e) {
                        // A stream that cannot be read has no parent behind it either.
                    }
                    requested.countDown();
                },
                "parent-watch");
        watcher.setDaemon(true);
        watcher.start();
    }

    /** Does nothing on SIGINT, which a terminal sends to the whole foreground group, children included. */
    void leaveInterruptsToParent() {
        Signals.register("INT", () -> {});
    }

    private void stopAndWait() {
        requested.countDown();
        try {
            if (!stopped.await(STOP_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("Kafka did not stop within " + STOP_LIMIT_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

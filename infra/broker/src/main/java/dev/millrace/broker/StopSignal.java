package dev.millrace.broker;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.utils.internals.Exit;

/**
 * Turns SIGTERM, Ctrl-C and the end of a parent into one orderly stop on the main thread. A JVM that a signal ends
 * reports 143; the shutdown hook here waits for the main thread and then ends the process with the status of that stop.
 * Where Kafka itself decides to exit (a full disk, a fatal fault) the process halts with Kafka's status.
 */
final class StopSignal {

    private static final long STOP_LIMIT_SECONDS = 30;

    private final CountDownLatch requested = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile int exitCode = 1;

    private StopSignal() {}

    static StopSignal install() {
        StopSignal signal = new StopSignal();
        Exit.setExitProcedure((status, message) -> Runtime.getRuntime().halt(status));
        Runtime.getRuntime().addShutdownHook(new Thread(signal::stopThenHalt, "broker-stop"));
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

    /** Main thread: everything is closed, and this is how it went. */
    void stopped(int code) {
        exitCode = code;
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

    /**
     * Ignores SIGINT, which a terminal sends to the whole foreground group, children included. The class that does this
     * is part of every JDK but of no compile-time API.
     */
    void leaveInterruptsToParent() {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object interrupt = signal.getConstructor(String.class).newInstance("INT");
            signal.getMethod("handle", signal, handler)
                    .invoke(null, interrupt, handler.getField("SIG_IGN").get(null));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JVM has no SIGINT to ignore", e);
        }
    }

    private void stopThenHalt() {
        if (stopped.getCount() == 0) {
            return; // The main thread ended by itself; its own exit status stands.
        }
        requested.countDown();
        try {
            if (!stopped.await(STOP_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("Kafka did not stop within " + STOP_LIMIT_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(exitCode);
    }
}

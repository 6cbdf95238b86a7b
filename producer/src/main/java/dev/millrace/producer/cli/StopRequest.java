package dev.millrace.producer.cli;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jline.utils.Signals;

/**
 * Ctrl-C or SIGTERM as a request to end in order, instead of the end of the JVM: the command then decides its exit
 * status. A second signal ends the JVM at once. Thread-safe.
 */
final class StopRequest implements AutoCloseable {
    private static final List<String> SIGNALS = List.of("INT", "TERM");

    private final CountDownLatch requested = new CountDownLatch(1);

    private StopRequest() {}

    /** Listens until {@link #close}; {@code wake} runs on the signal's thread after the request is visible. */
    static StopRequest listen(Runnable wake) {
        StopRequest stop = new StopRequest();
        for (String signal : SIGNALS) {
            Signals.register(signal, () -> {
                stop.close();
                stop.requested.countDown();
                wake.run();
            });
        }
        return stop;
    }

    boolean requested() {
        return requested.getCount() == 0;
    }

    /** Waits; true when the stop was requested before the time was over. */
    boolean await(long nanos) throws InterruptedException {
        return requested.await(nanos, TimeUnit.NANOSECONDS);
    }

    /** Gives the signals back to the JVM. */
    @Override
    public void close() {
        SIGNALS.forEach(Signals::registerDefault);
    }
}

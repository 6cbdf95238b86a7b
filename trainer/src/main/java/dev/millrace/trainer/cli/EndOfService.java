package dev.millrace.trainer.cli;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jline.utils.Signals;

/**
 * Ctrl-C or SIGTERM as a request to end in order, for a command that ends in no other way: it then exits with 0. A second signal ends the
 * JVM at once. Thread-safe.
 */
final class EndOfService implements AutoCloseable {
    private static final List<String> SIGNALS = List.of("INT", "TERM");

    private final CountDownLatch requested = new CountDownLatch(1);

    EndOfService() {
        SIGNALS.forEach(signal -> Signals.register(signal, () -> {
            close();
            requested.countDown();
        }));
    }

    boolean isRequested() {
        return requested.getCount() == 0;
    }

    /** Waits; true as soon as it is requested. */
    boolean await(long millis) throws InterruptedException {
        return requested.await(millis, TimeUnit.MILLISECONDS);
    }

    /** Gives the signals back to the JVM. */
    @Override
    public void close() {
        SIGNALS.forEach(Signals::registerDefault);
    }
}

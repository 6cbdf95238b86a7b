package dev.millrace.producer;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Bounds how many requests are under way; a caller that finds no room waits for it, but not for ever. Thread-safe. */
final class InFlightLimit {
    private final int most;
    private final Duration patience;
    private final Semaphore room;

    InFlightLimit(int most, Duration patience) {
        this.most = most;
        this.patience = patience;
        room = new Semaphore(most);
    }

    /**
     * Takes room for one request.
     *
     * @throws TimeoutException when none became free; says so without naming the request
     */
    void enter() throws TimeoutException, InterruptedException {
        if (!room.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new TimeoutException(
                    most + " in flight (expected: room for one more within " + patience.toMillis() + " ms)");
        }
    }

    void leave() {
        room.release();
    }

    int current() {
        return most - room.availablePermits();
    }
}

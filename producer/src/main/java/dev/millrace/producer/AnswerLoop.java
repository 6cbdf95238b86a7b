package dev.millrace.producer;

import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that gives answers to those who wait for them and fails those who waited too long. It owns the reader from
 * {@link #start} on and closes it at its end.
 */
final class AnswerLoop implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(AnswerLoop.class);

    /** Also how late a timeout may be noticed. */
    private static final Duration POLL = Duration.ofMillis(50);

    private final ResultReader reader;
    private final PendingAnswers pending;
    private final Thread thread = new Thread(this, "millrace-answers");
    private volatile boolean stopping;
    private volatile @Nullable RuntimeException failure;

    AnswerLoop(ResultReader reader, PendingAnswers pending) {
        this.reader = reader;
        this.pending = pending;
        // A program that forgets to close its client still ends.
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    @Override
    public void run() {
        try (reader) {
            while (!stopping) {
                turn();
            }
        } catch (RuntimeException e) {
            LOG.error("results can no longer be read", e);
            failure = e;
            pending.failAll(id -> unreadable(id, e));
        }
    }

    private void turn() {
        List<ReceivedResult> results;
        try {
            results = reader.poll(POLL);
        } catch (RetriableException e) {
            LOG.warn("results: {} (trying again)", e.getMessage());
            results = List.of();
        }
        for (ReceivedResult received : results) {
            pending.answer(received.result(), received.receivedAt());
        }
        pending.expire();
    }

    /** Why this loop has ended of itself, as the failure of request {@code requestId}; null while it runs. */
    @Nullable
    RuntimeException failure(String requestId) {
        RuntimeException cause = failure;
        return cause == null ? null : unreadable(requestId, cause);
    }

    private static RuntimeException unreadable(String requestId, RuntimeException cause) {
        return new IllegalStateException(
                "request " + requestId + ": its answer cannot be read: " + cause.getMessage(), cause);
    }

    long undecodable() {
        return reader.undecodable();
    }

    boolean isCurrentThread() {
        return Thread.currentThread() == thread;
    }

    /** Ends the thread and waits until it has closed the reader. */
    void stop() throws InterruptedException {
        stopping = true;
        reader.wakeup();
        thread.join();
    }
}

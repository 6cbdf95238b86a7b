package dev.millrace.producer;

import dev.millrace.schemas.InferenceResult;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wait for their answer, by id. Thread-safe: every field is guarded by this object's monitor.
 *
 * <p>Removing an entry is what claims it: answer, timeout, failure and the caller's own cancellation may race, and the
 * one that removed it settles it. Futures complete outside the monitor, after the room in flight was given back, so
 * that a dependent may publish the next image.
 */
final class PendingAnswers {
    private record Pending(Instant createdAt, long expiresAt, CompletableFuture<Answer> future) {}

    private final long timeoutNanos;
    private final LongSupplier nanoClock;
    private final Runnable settled;

    // All requests have the same timeout, so the order of arrival is the order of expiry.
    private final Map<String, Pending> byId = new LinkedHashMap<>();

    /**
     * Starts empty.
     *
     * @param timeout how long a request waits
     * @param nanoClock {@link System#nanoTime}, or a test's
     * @param settled run once per registered request, when it no longer waits
     */
    PendingAnswers(Duration timeout, LongSupplier nanoClock, Runnable settled) {
        timeoutNanos = timeout.toNanos();
        this.nanoClock = nanoClock;
        this.settled = settled;
    }

    /** The answer to come, or null when this id waits already. */
    @Nullable
    CompletableFuture<Answer> register(String requestId, Instant createdAt) {
        CompletableFuture<Answer> future = new CompletableFuture<>();
        synchronized (this) {
            Pending pending = new Pending(createdAt, nanoClock.getAsLong() + timeoutNanos, future);
            if (byId.putIfAbsent(requestId, pending) != null) {
                return null;
            }
        }
        // The caller may cancel: then nobody else will claim the entry before it times out.
        var unused = future.whenComplete((answer, failure) -> {
            if (future.isCancelled()) {
                claim(requestId, future);
            }
        });
        return future;
    }

    /** Settles the request that {@code result} answers; false when none waits for it (a duplicate, or another's). */
    boolean answer(InferenceResult result, Instant receivedAt) {
        Pending pending = claim(result.getRequestId(), null);
        return pending != null && pending.future.complete(new Answer(result, pending.createdAt, receivedAt));
    }

    void fail(String requestId, CompletableFuture<Answer> future, Throwable reason) {
        if (claim(requestId, future) != null) {
            future.completeExceptionally(reason);
        }
    }

    /** Fails what has waited too long. */
    void expire() {
        List<Map.Entry<String, Pending>> late = new ArrayList<>();
        synchronized (this) {
            long now = nanoClock.getAsLong();
            for (Map.Entry<String, Pending> entry : byId.entrySet()) {
                if (entry.getValue().expiresAt - now > 0) {
                    break;
                }
                late.add(Map.entry(entry.getKey(), entry.getValue()));
            }
        }
        for (Map.Entry<String, Pending> entry : late) {
            fail(
                    entry.getKey(),
                    entry.getValue().future,
                    new TimeoutException("request " + entry.getKey() + ": not answered (expected: within "
                            + TimeUnit.NANOSECONDS.toMillis(timeoutNanos) + " ms)"));
        }
    }

    void failAll(Function<String, Throwable> reason) {
        Map<String, Pending> all;
        synchronized (this) {
            all = new LinkedHashMap<>(byId);
        }
        all.forEach((requestId, pending) -> fail(requestId, pending.future, reason.apply(requestId)));
    }

    /** Whether nothing waits any more, at once or within {@code patience}. */
    synchronized boolean awaitNone(Duration patience) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        while (!byId.isEmpty()) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return true;
    }

    private @Nullable Pending claim(String requestId, @Nullable CompletableFuture<Answer> expected) {
        Pending pending;
        synchronized (this) {
            pending = byId.get(requestId);
            if (pending == null || (expected != null && pending.future != expected)) {
                return null;
            }
            byId.remove(requestId);
            notifyAll();
        }
        settled.run();
        return pending;
    }
}

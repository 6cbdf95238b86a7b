package dev.millrace.worker.intake;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Lets one lane of a worker at a time try a suspected record: when the worker ends, at most one record of each end was
 * under trial. Thread-safe.
 */
public final class Quarantine {
    private final AtomicReference<@Nullable Object> holder = new AtomicReference<>();

    /** Whether {@code lane} may try a record now; it keeps the right until it {@link #leave}s. */
    boolean enter(Object lane) {
        return holder.get() == lane || holder.compareAndSet(null, lane);
    }

    /** Gives the right back, if {@code lane} has it. */
    void leave(Object lane) {
        holder.compareAndSet(lane, null);
    }
}

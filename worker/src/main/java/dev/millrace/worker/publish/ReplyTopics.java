package dev.millrace.worker.publish;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the topics that callers name. A producer would block its lane for {@code max.block.ms} to find out that a
 * topic, or a partition of it, is not there; so the broker is asked first, and nobody waits for that unless they want to. One
 * request is on its way at a time, for all names that have come up since the last. Any thread.
 */
final class ReplyTopics {
    /** Names kept at most: whoever makes names up gets no more memory than this. */
    static final int MOST = 1_000;

    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long UNUSED_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long SHUN_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final Place NOT_NOW = Place.not(ReplyOutcome.LOOKUP_FAILED);

    private final Lookup lookup;
    private final LongSupplier nanoTime;
    private final Map<String, Known> known = new ConcurrentHashMap<>();

    /** Guarded by this, as what follows. */
    private final Set<String> toAsk = new LinkedHashSet<>();

    private boolean asking;

    /** Asks the broker. */
    interface Lookup {
        /** What is known of each of them; those that nothing could be learnt of are left out. */
        CompletionStage<Map<String, Place>> look(Set<String> names);
    }

    /**
     * A topic, as the broker had it.
     *
     * @param partitions how many it has
     * @param trouble why nothing can be sent there; null: it can
     */
    record Place(int partitions, @Nullable ReplyOutcome trouble) {
        static Place not(ReplyOutcome trouble) {
            return new Place(0, trouble);
        }
    }

    /** One name. Written by the lookup's thread and by those that ask; each field is a hint that may be a little old. */
    private static final class Known {
        private final CompletableFuture<Void> heard = new CompletableFuture<>();
        private volatile @Nullable Place place;
        private volatile long dueNanos;
        private volatile boolean shunned;

        Known(long now) {
            dueNanos = now;
        }
    }

    ReplyTopics(Lookup lookup, LongSupplier nanoTime) {
        this.lookup = lookup;
        this.nanoTime = nanoTime;
    }

    /** What is known of the topic, up to a second old while it is asked for; null: nothing yet, but the broker is being asked. */
    @Nullable
    Place find(String topic) {
        long now = nanoTime.getAsLong();
        Known entry = known.get(topic);
        if (entry == null) {
            if (known.size() >= MOST && !madeRoom(now)) {
                return NOT_NOW;
            }
            entry = known.computeIfAbsent(topic, name -> new Known(now));
        }
        if (now - entry.dueNanos >= 0) {
            entry.dueNanos = now + FRESH_NANOS;
            entry.shunned = false;
            ask(topic);
        }
        return entry.place;
    }

    private boolean madeRoom(long now) {
        known.values().removeIf(entry -> {
            Place place = entry.place;
            return place != null && (place.trouble() != null || now - entry.dueNanos > UNUSED_NANOS);
        });
        return known.size() < MOST;
    }

    /** Waits until something is known of the topic, or {@code limit} has passed. */
    void await(String topic, Duration limit) {
        find(topic);
        Known entry = known.get(topic);
        if (entry == null) {
            return;
        }
        try {
            entry.heard.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            // Nothing is known, and that is what the caller finds.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The broker did not take what was sent there: nothing more is, for ten seconds, whatever the broker says of the topic. */
    void shun(String topic) {
        Known entry = known.get(topic);
        if (entry != null) {
            entry.shunned = true;
            entry.dueNanos = nanoTime.getAsLong() + SHUN_NANOS;
            entry.place = Place.not(ReplyOutcome.FAILED);
        }
    }

    /** How many names are kept. */
    int size() {
        return known.size();
    }

    private void ask(String topic) {
        synchronized (this) {
            toAsk.add(topic);
            if (asking) {
                return;
            }
            asking = true;
        }
        askNext();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // Its end begins the next.
    private void askNext() {
        Set<String> names;
        synchronized (this) {
            if (toAsk.isEmpty()) {
                asking = false;
                return;
            }
            names = Set.copyOf(toAsk);
            toAsk.clear();
        }
        look(names).whenComplete((found, problem) -> {
            Map<String, Place> places = found == null ? Map.of() : found;
            names.forEach(name -> learn(name, places.get(name)));
            askNext();
        });
    }

    private CompletionStage<Map<String, Place>> look(Set<String> names) {
        try {
            return lookup.look(names);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void learn(String topic, @Nullable Place place) {
        Known entry = known.get(topic);
        if (entry == null) {
            return;
        }
        if (entry.shunned) {
            entry.heard.complete(null);
            return;
        }
        if (place != null) {
            entry.place = place;
        } else if (entry.place == null) {
            entry.place = NOT_NOW;
        }
        entry.heard.complete(null);
    }
}

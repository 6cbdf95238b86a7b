package dev.millrace.worker.rollout;

import dev.millrace.schemas.ModelVersion;
import dev.millrace.worker.rehearsal.RehearsalStoppedException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Prepares versions, one after the other, on a thread of its own: the rollout thread goes on reading decisions and sending heartbeats
 * meanwhile. {@link #prepare} and {@link #close} belong to the rollout thread.
 */
final class ModelThread implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ModelThread.class);
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long STOP_PATIENCE_MS = 15_000;

    private final ModelPreparer preparer;
    private final Needed needed;
    private final Listener listener;
    private final DelayQueue<Order> orders = new DelayQueue<>();
    private final AtomicLong numbers = new AtomicLong();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread;

    /** What the rollout thread knows of a version; asked on the model thread. */
    interface Needed {
        /** Whether somebody still waits for it. */
        boolean wants(String model, int version);

        /** Whether it is wanted, or answers. */
        boolean holds(String model, int version);
    }

    /** Told on the model thread. */
    interface Listener {
        /** What came of an order, or that it takes longer. */
        void told(String model, Progress progress);

        /** The model thread has ended. */
        void died(Error cause);
    }

    /**
     * A version to prepare.
     *
     * @param dueNanos not before that moment of {@link System#nanoTime}
     * @param number of those that are due, the lowest first
     */
    private record Order(
            String model, Effect.Prepare prepare, @Nullable ModelVersion published, long dueNanos, long number)
            implements Delayed {
        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(dueNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            Order order = (Order) other;
            int earlier = Long.signum(dueNanos - order.dueNanos);
            return earlier != 0 ? earlier : Long.compare(number, order.number);
        }
    }

    /** Starts the thread. */
    ModelThread(String worker, ModelPreparer preparer, Needed needed, Listener listener) {
        this.preparer = preparer;
        this.needed = needed;
        this.listener = listener;
        thread = new Thread(
                () -> {
                    MDC.put("worker", worker);
                    run();
                },
                "models");
        thread.setDaemon(true);
        thread.start();
    }

    /** Prepares a version when those before it are done. */
    void prepare(String model, Effect.Prepare prepare, @Nullable ModelVersion published) {
        orders.add(new Order(model, prepare, published, System.nanoTime(), numbers.getAndIncrement()));
    }

    private void run() {
        try {
            while (stop.getCount() > 0) {
                Order order = orders.take();
                Progress progress = outcome(order);
                if (progress instanceof Progress.Waiting waiting) {
                    again(order, waiting);
                }
                listener.told(order.model(), progress);
            }
        } catch (InterruptedException e) {
            // Told to stop.
        } catch (Error e) {
            log.error("model thread ended, the live models stay as they are", e);
            listener.died(e);
        }
    }

    private Progress outcome(Order order) {
        int version = order.prepare().version();
        if (!needed.wants(order.model(), version)) {
            return failed(order, "not wanted any more");
        }
        try {
            return preparer.prepare(order.model(), order.prepare(), order.published());
        } catch (RehearsalStoppedException e) {
            return failed(order, "stopped");
        } catch (OutOfMemoryError e) {
            // Of direct memory, most likely: the JVM goes on.
            return failed(order, "memory: " + e.getMessage() + " (expected: enough for one more version)");
        } catch (RuntimeException e) {
            log.atError()
                    .addKeyValue("model", order.model())
                    .addKeyValue("version", version)
                    .setCause(e)
                    .log("model failed");
            return failed(order, "unexpected: " + e);
        }
    }

    /** The others first: what is missing may stay so for long. */
    private void again(Order order, Progress.Waiting waiting) {
        log.atWarn()
                .addKeyValue("model", order.model())
                .addKeyValue("version", waiting.version())
                .addKeyValue("reason", waiting.reason())
                .log("model waits, trying again");
        long due = System.nanoTime() + RETRY_NANOS;
        orders.add(new Order(order.model(), order.prepare(), order.published(), due, numbers.getAndIncrement()));
    }

    private static Progress failed(Order order, String reason) {
        return new Progress.Failed(order.prepare().version(), order.prepare().epoch(), "", reason);
    }

    /** Waits for the version in hand: a session cannot be made half. */
    @Override
    public void close() {
        stop.countDown();
        thread.interrupt();
        try {
            thread.join(STOP_PATIENCE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

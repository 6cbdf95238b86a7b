package dev.millrace.worker.rollout;

import dev.millrace.schemas.ModelVersion;
import dev.millrace.worker.artifact.RetriableFetchException;
import dev.millrace.worker.rehearsal.RehearsalStoppedException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.apache.kafka.common.KafkaException;
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
    private static final long RETRY_MS = 1000;
    private static final long STOP_PATIENCE_MS = 15_000;

    private final ModelPreparer preparer;
    private final Needed needed;
    private final BiConsumer<String, Progress> told;
    private final BlockingQueue<Order> orders = new LinkedBlockingQueue<>();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread;

    /** Whether somebody still waits for a version; asked on the model thread. */
    interface Needed {
        boolean wants(String model, int version);
    }

    private record Order(
            String model, Effect.Prepare prepare, @Nullable ModelVersion published) {}

    /** Starts the thread; {@code told} is told on it what came of each order. */
    ModelThread(String worker, ModelPreparer preparer, Needed needed, BiConsumer<String, Progress> told) {
        this.preparer = preparer;
        this.needed = needed;
        this.told = told;
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
        orders.add(new Order(model, prepare, published));
    }

    private void run() {
        try {
            while (stop.getCount() > 0) {
                Order order = orders.take();
                told.accept(order.model(), outcome(order));
            }
        } catch (InterruptedException e) {
            // Told to stop.
        }
    }

    /** Tries until the broker answers, or nobody wants the version any more. */
    private Progress outcome(Order order) throws InterruptedException {
        int version = order.prepare().version();
        while (needed.wants(order.model(), version)) {
            try {
                return preparer.prepare(order.model(), order.prepare(), order.published());
            } catch (RetriableFetchException | KafkaException e) {
                log.atWarn()
                        .addKeyValue("model", order.model())
                        .addKeyValue("version", version)
                        .addKeyValue("error", e.getMessage())
                        .log("model not fetched, trying again");
                if (stop.await(RETRY_MS, TimeUnit.MILLISECONDS)) {
                    break;
                }
            } catch (RehearsalStoppedException e) {
                break;
            } catch (RuntimeException e) {
                log.atError()
                        .addKeyValue("model", order.model())
                        .addKeyValue("version", version)
                        .setCause(e)
                        .log("model failed");
                return failed(order, "unexpected: " + e);
            }
        }
        return failed(order, "not wanted any more");
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

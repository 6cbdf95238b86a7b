package dev.millrace.worker.lane;

import dev.millrace.worker.intake.GroupIntake;
import dev.millrace.worker.model.LiveModels;
import dev.millrace.worker.publish.ResultPublisher;
import dev.millrace.worker.telemetry.WorkerMeters;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lane as a Vert.x verticle on a one-thread worker pool of its own. Each turn posts the next one on the lane's
 * context, so that undeployment and commands run between two turns and need no lock.
 *
 * <p>A turn never throws past this class, because Vert.x would only log it and the lane would be silent for ever.
 */
public final class LaneVerticle extends VerticleBase {
    private static final Logger log = LoggerFactory.getLogger(LaneVerticle.class);
    private static final long WAIT_FOR_MODEL_MS = 20;
    private static final long BACK_OFF_MS = 1000;
    private static final long NO_TIMER = -1;

    private final LaneIdentity identity;
    private final BatchPolicy policy;
    private final Clients clients;
    private final LiveModels models;
    private final BooleanSupplier mayJoin;
    private final WorkerMeters meters;
    private final AtomicReference<@Nullable Lane> lane = new AtomicReference<>();
    private @Nullable KafkaClientMetrics consumerMetrics;
    private @Nullable KafkaClientMetrics producerMetrics;
    private volatile @Nullable String death;
    private volatile boolean drained = true;
    private @Nullable Promise<Void> stopping;
    private long timer = NO_TIMER;

    /**
     * How the lane makes its Kafka clients. Called on the lane's thread before it is pinned, so that the clients' own
     * threads may run anywhere.
     */
    public record Clients(
            Supplier<Consumer<byte[], ByteBuffer>> consumer,
            Supplier<Producer<byte[], byte @Nullable []>> producer,
            String requests,
            ResultPublisher.Destinations destinations) {}

    /** Wires the verticle; the lane comes to be when it is deployed. */
    public LaneVerticle(
            LaneIdentity identity,
            BatchPolicy policy,
            Clients clients,
            LiveModels models,
            BooleanSupplier mayJoin,
            WorkerMeters meters) {
        this.identity = identity;
        this.policy = policy;
        this.clients = clients;
        this.models = models;
        this.mayJoin = mayJoin;
        this.meters = meters;
    }

    @Override
    public Future<?> start() {
        Producer<byte[], byte @Nullable []> producer = clients.producer().get();
        Consumer<byte[], ByteBuffer> consumer = clients.consumer().get();
        producerMetrics = meters.watch(producer);
        consumerMetrics = meters.watch(consumer);
        ResultPublisher publisher = new ResultPublisher(producer, clients.destinations(), meters::published);
        GroupIntake intake = new GroupIntake(consumer, clients.requests(), this::settle);
        Lane made = new Lane(identity, policy, intake, publisher, models, mayJoin, meters);
        lane.set(made);
        made.runsOn(CpuPin.pin(identity.device()));
        context.runOnContext(nothing -> turn(made));
        return Future.succeededFuture();
    }

    private void settle() {
        Lane mine = lane.get();
        if (mine != null) {
            mine.settle();
        }
    }

    private void turn(Lane mine) {
        timer = NO_TIMER;
        if (stopping != null) {
            finish(mine, stopping);
            return;
        }
        long pauseMs = 0;
        try {
            pauseMs = mine.turn() ? 0 : WAIT_FOR_MODEL_MS;
        } catch (RuntimeException e) {
            log.warn("turn failed, reading again what is not settled lane={} error={}", identity.lane(), e.toString());
            pauseMs = BACK_OFF_MS;
            mine.failed(e);
        } catch (Error e) {
            // Out of memory or a broken library: what the lane holds cannot be trusted any more.
            log.error("lane ended lane={}", identity.lane(), e);
            death = "lane " + identity.lane() + ": " + e;
            return;
        }
        if (pauseMs == 0) {
            context.runOnContext(nothing -> turn(mine));
        } else {
            timer = vertx.setTimer(pauseMs, id -> turn(mine));
        }
    }

    /** Whether the lane owed nothing when it stopped. Any thread. */
    public boolean drained() {
        return drained;
    }

    /** Why the lane has ended for good; null while it runs. Any thread. */
    public @Nullable String death() {
        return death;
    }

    /** The lane's state for others; null before it is deployed. */
    public @Nullable LaneSnapshot snapshot() {
        Lane mine = lane.get();
        return mine == null ? null : mine.snapshot();
    }

    /**
     * Leaves draining to the turn that is already posted, so that none is left behind on a closed pool. Vert.x
     * interrupts the lane's thread once the returned future is complete.
     */
    @Override
    public Future<?> stop() {
        Lane mine = lane.get();
        if (mine == null) {
            return Future.succeededFuture();
        }
        Promise<Void> finished = Promise.promise();
        stopping = finished;
        boolean noTurnPosted = death != null || (timer != NO_TIMER && vertx.cancelTimer(timer));
        if (noTurnPosted) {
            finish(mine, finished);
        }
        return finished.future();
    }

    private void finish(Lane mine, Promise<Void> finished) {
        long start = System.nanoTime();
        close(consumerMetrics);
        close(producerMetrics);
        try (mine) {
            mine.drain();
            drained = mine.snapshot().inFlight() == 0;
        } catch (RuntimeException e) {
            log.warn("drain incomplete lane={} error={}", identity.lane(), e.toString());
            drained = false;
        }
        log.info(
                "lane drained lane={} answered={} took_ms={}",
                identity.lane(),
                mine.snapshot().answered(),
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
        finished.complete();
    }

    private static void close(@Nullable KafkaClientMetrics metrics) {
        if (metrics != null) {
            metrics.close();
        }
    }
}

package dev.millrace.worker.lane;

import dev.millrace.worker.delivery.Clients;
import dev.millrace.worker.delivery.Delivery;
import dev.millrace.worker.delivery.DeliveryPolicy;
import dev.millrace.worker.intake.Quarantine;
import dev.millrace.worker.model.CpuPin;
import dev.millrace.worker.model.Device;
import dev.millrace.worker.publish.Replies;
import dev.millrace.worker.publish.ResultPublisher;
import dev.millrace.worker.telemetry.StageRecording;
import dev.millrace.worker.telemetry.StageWatch;
import dev.millrace.worker.telemetry.WorkerMeters;
import dev.millrace.worker.trace.Tracing;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * A lane as a Vert.x verticle on a one-thread worker pool of its own. Each turn posts the next one on the lane's
 * context, so that undeployment and commands run between two turns and need no lock.
 *
 * <p>A turn never throws past this class, because Vert.x would only log it and the lane would be silent for ever.
 */
public final class LaneVerticle extends VerticleBase {
    private static final Logger log = LoggerFactory.getLogger(LaneVerticle.class);
    private static final long WAIT_FOR_MODEL_MS = 20;
    private static final long NO_TIMER = -1;

    private final LaneIdentity identity;
    private final BatchPolicy batch;
    private final OverloadPolicy overload;
    private final DeliveryTerms terms;
    private final Serving serving;
    private final BooleanSupplier mayJoin;
    private final WorkerMeters meters;
    private final StageWatch stages;
    private final Tracing tracing;
    private final Runnable died;
    private final BackOff backOff = new BackOff();
    private volatile @Nullable Lane lane;
    private volatile @Nullable String death;
    private volatile boolean drained = true;
    private @Nullable Promise<Void> stopping;
    private long timer = NO_TIMER;

    /**
     * Wires the verticle; the lane comes to be when it is deployed.
     *
     * @param died told on the lane's thread when the lane has ended for good
     */
    public LaneVerticle(
            LaneIdentity identity,
            BatchPolicy batch,
            OverloadPolicy overload,
            DeliveryTerms delivery,
            Serving serving,
            BooleanSupplier mayJoin,
            WorkerMeters meters,
            StageWatch stages,
            Tracing tracing,
            Runnable died) {
        this.identity = identity;
        this.batch = batch;
        this.overload = overload;
        this.terms = delivery;
        this.serving = serving;
        this.mayJoin = mayJoin;
        this.meters = meters;
        this.stages = stages;
        this.tracing = tracing;
        this.died = died;
    }

    /**
     * How the lane settles, with which clients, and between which topics.
     *
     * @param pollStartsThreads whether the consumer starts a thread while it joins, as those of the classic protocol do: the
     *     lane is pinned only then
     */
    public record DeliveryTerms(
            DeliveryPolicy policy,
            Clients clients,
            boolean pollStartsThreads,
            String requests,
            ResultPublisher.Destinations destinations,
            Replies replies,
            Quarantine quarantine) {}

    @Override
    public Future<?> start() {
        MDC.put("worker", identity.worker());
        MDC.put("lane", Integer.toString(identity.lane()));
        Lane made = new Lane(identity, batch, overload, this::delivery, serving, mayJoin, meters, stages, tracing);
        lane = made;
        if (!terms.pollStartsThreads()) {
            pin();
        }
        context.runOnContext(nothing -> turn(made));
        return Future.succeededFuture();
    }

    /** Once every thread that would inherit the lane's mask is there; again and again does no harm. */
    private void pin() {
        Lane mine = lane;
        if (mine != null) {
            mine.runsOn(pinned());
        }
    }

    /** For as long as the thread lives; a lane that cannot be pinned works all the same, and says so. */
    private Device pinned() {
        try {
            CpuPin.to(identity.device());
            return identity.device();
        } catch (IllegalArgumentException | LinkageError e) {
            log.warn("lane runs unpinned lane={} error={}", identity.lane(), e.getMessage());
            return Device.ANY_CPU;
        }
    }

    private Delivery delivery(Runnable finishInHand) {
        return Delivery.of(
                terms.policy(),
                terms.clients(),
                new Delivery.Wiring(
                        identity.lane(),
                        terms.requests(),
                        batch.max(),
                        terms.destinations(),
                        terms.replies(),
                        finishInHand,
                        this::pin,
                        this::published,
                        terms.quarantine(),
                        stages));
    }

    /** Producer's thread. */
    private void published(long nanos) {
        meters.published(nanos);
        StageRecording.published(identity.lane(), nanos);
    }

    private void turn(Lane mine) {
        timer = NO_TIMER;
        if (stopping != null) {
            finish(mine, stopping);
            return;
        }
        long pauseMs = 0;
        try {
            long settled = mine.snapshot().answered();
            pauseMs = mine.turn() ? 0 : WAIT_FOR_MODEL_MS;
            // A turn that only sent proves nothing yet: the broker may refuse it before the next.
            if (mine.snapshot().answered() > settled || mine.snapshot().inFlight() == 0) {
                backOff.reset();
            }
        } catch (RuntimeException e) {
            mine.failed(e);
            if (RetryClass.of(e) == RetryClass.FATAL) {
                die(mine, e);
                return;
            }
            pauseMs = backOff.afterFailure();
            log.atWarn()
                    .addKeyValue("wait_ms", pauseMs)
                    .addKeyValue("error", e)
                    .log("turn failed, reading again what is not settled");
        } catch (Error e) {
            // Out of memory or a broken library: what the lane holds cannot be trusted any more.
            die(mine, e);
            return;
        }
        if (pauseMs == 0) {
            context.runOnContext(nothing -> turn(mine));
        } else {
            timer = vertx.setTimer(pauseMs, id -> turn(mine));
        }
    }

    private void die(Lane mine, Throwable cause) {
        log.error("lane ended", cause);
        death = "lane " + identity.lane() + ": " + (cause instanceof Error ? cause.toString() : cause.getMessage());
        // Its partitions, and its right to try suspects, are for lanes that work.
        try {
            abandon(mine);
        } finally {
            died.run();
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
        Lane mine = lane;
        return mine == null ? null : mine.snapshot();
    }

    /**
     * Leaves draining to the turn that is already posted, so that none is left behind on a closed pool. Vert.x
     * interrupts the lane's thread once the returned future is complete.
     */
    @Override
    public Future<?> stop() {
        Lane mine = lane;
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
        drained = death == null && drain(mine);
        log.atInfo()
                .addKeyValue("answered", mine.snapshot().answered())
                .addKeyValue("took_ms", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start))
                .addKeyValue("owes_nothing", drained)
                .log("lane stopped");
        finished.complete();
    }

    private boolean drain(Lane mine) {
        try (mine) {
            mine.drain();
            return mine.snapshot().inFlight() == 0;
        } catch (RuntimeException e) {
            log.atWarn().addKeyValue("error", e).log("drain incomplete");
            return false;
        }
    }

    private static void abandon(Lane mine) {
        try {
            mine.abandon();
        } catch (RuntimeException e) {
            log.atWarn().addKeyValue("error", e).log("close incomplete");
        }
    }
}

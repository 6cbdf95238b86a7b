package dev.millrace.worker.lane;

import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.wire.SchemaUnresolvedException;
import dev.millrace.schemas.wire.WireTerms;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.decode.Placement;
import dev.millrace.worker.delivery.Delivery;
import dev.millrace.worker.delivery.Delivery.Trust;
import dev.millrace.worker.infer.Answer;
import dev.millrace.worker.lane.Admission.Admitted;
import dev.millrace.worker.lane.Admission.Declined;
import dev.millrace.worker.lane.Admission.Undecodable;
import dev.millrace.worker.lane.Admission.Unresolved;
import dev.millrace.worker.lane.Admission.Verdict;
import dev.millrace.worker.lane.Answers.Passage;
import dev.millrace.worker.lane.Answers.Served;
import dev.millrace.worker.lane.Turn.Route;
import dev.millrace.worker.model.Device;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.publish.DeadLetter;
import dev.millrace.worker.telemetry.StageRecording;
import dev.millrace.worker.telemetry.StageWatch;
import dev.millrace.worker.telemetry.StageWatch.Stage;
import dev.millrace.worker.telemetry.WorkerMeters;
import dev.millrace.worker.trace.Publication;
import dev.millrace.worker.trace.Tracing;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One lane: a group member with its own consumer, buffers and producer, which shares nothing with other lanes. Every
 * method but {@link #snapshot} belongs to the lane's thread.
 */
public final class Lane implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Lane.class);
    private static final Duration IDLE_POLL = Duration.ofMillis(100);

    private final LaneIdentity identity;
    private final BatchPolicy policy;
    private final OverloadPolicy overload;
    private final Delivery delivery;
    private final BooleanSupplier mayJoin;
    private final WorkerMeters meters;
    private final StageWatch stages;
    private final Tracing tracing;
    private final StageRecording recording;
    private final Admission admission;
    private final Answers answers;
    private final OpenBatch.Outcome publishing = new Publishing();
    private final Router router;
    private final Shadows shadows;
    private final WireTerms wire;
    private boolean joined;
    private boolean recoverDue;
    private @Nullable Turn open;
    /** Why a record of this turn is to be read again later. */
    private @Nullable SchemaUnresolvedException unresolved;

    private long batches;
    private long images;
    private @Nullable LaneFailure lastFailure;
    private volatile LaneSnapshot snapshot;

    /**
     * Wires the lane; nothing is read before the first {@link #turn}.
     *
     * @param deliveries makes the delivery, given {@link #finishInHand}; closed by {@link #close}
     * @param serving what the lane answers with
     * @param mayJoin whether every champion and challenger there is has been tried: before that a valid request would be refused
     */
    Lane(
            LaneIdentity identity,
            BatchPolicy policy,
            OverloadPolicy overload,
            Function<Runnable, Delivery> deliveries,
            Serving serving,
            BooleanSupplier mayJoin,
            WorkerMeters meters,
            StageWatch stages,
            Tracing tracing) {
        this.identity = identity;
        this.mayJoin = mayJoin;
        this.policy = policy;
        this.overload = overload;
        this.wire = serving.wire();
        this.admission = new Admission(overload, wire);
        this.router = new Router(identity, policy, serving.plans(), serving.models());
        this.meters = meters;
        this.stages = stages;
        this.tracing = tracing;
        this.answers = new Answers(identity.worker(), identity.lane());
        this.shadows = new Shadows(router, answers, serving.shadows(), wire, meters);
        this.recording = new StageRecording(identity.lane());
        this.delivery = deliveries.apply(this::finishInHand);
        this.snapshot = snapshotNow();
        meters.inFlight(
                identity.lane(), () -> snapshot().inFlight(), () -> snapshot().inFlightBytes());
    }

    /**
     * One round: takes what has arrived (waiting at most 100 ms for the first), answers it, commits what is settled.
     *
     * @return false when the lane may not join its group yet, because what should be live is not
     */
    boolean turn() {
        if (!joined) {
            if (!mayJoin.getAsBoolean()) {
                return false;
            }
            delivery.join();
            joined = true;
        }
        if (recoverDue) {
            delivery.recover();
            recoverDue = false;
        }
        try (Turn turn = new Turn()) {
            open = turn;
            admit(take(IDLE_POLL));
            lingerForMore(turn);
            finishInHand();
        } finally {
            open = null;
        }
        long settledBefore = delivery.settled();
        recording.committing();
        delivery.endTurn();
        recording.committed(delivery.settled() - settledBefore);
        shadows.run();
        if (unresolved != null) {
            // Everything else of the turn is answered; this reads again what is not.
            throw unresolved;
        }
        if (lastFailure != null && !delivery.holding()) {
            lastFailure = lastFailure.over();
        }
        show();
        return true;
    }

    private void lingerForMore(Turn turn) {
        boolean more = !policy.linger().isZero();
        long end = System.nanoTime() + policy.linger().toNanos();
        while (more) {
            // Batches that fill up meanwhile begin anew; the turn must end all the same, for what it has to settle.
            long left = Math.min(turn.mayWaitNanos(policy.linger()), end - System.nanoTime());
            List<ConsumerRecord<byte[], ByteBuffer>> taken = left > 0 ? take(Duration.ofNanos(left)) : List.of();
            admit(taken);
            // Nothing came: the time is up, or the delivery gives out no more for now.
            more = !taken.isEmpty();
        }
    }

    private List<ConsumerRecord<byte[], ByteBuffer>> take(Duration wait) {
        recording.taking();
        List<ConsumerRecord<byte[], ByteBuffer>> taken = delivery.take(wait);
        recording.took(taken.size());
        return taken;
    }

    /** After a failed turn: the next one first goes back to what is not settled. */
    void failed(Exception failure) {
        lastFailure = new LaneFailure(String.valueOf(failure.getMessage()), Instant.now(), true);
        recoverDue = true;
        unresolved = null;
        shadows.forget();
        meters.rewound();
        show();
    }

    /** Publishes and commits everything taken; the lane owes nothing afterwards. */
    void drain() {
        delivery.settle();
        show();
    }

    /** Answers every image that waits in a batch. The delivery asks for it, too, before it gives partitions up. */
    private void finishInHand() {
        if (open != null) {
            open.batches().forEach(batch -> {
                if (batch.size() > 0) {
                    run(batch);
                }
            });
        }
    }

    private void run(OpenBatch batch) {
        stages.entering(identity.lane(), Stage.INFER, null);
        ModelSpec model = batch.model();
        recording.batched(model.name(), model.version(), batch.size(), batch.waitedNanos());
        batch.run(publishing);
        delivery.release();
    }

    private void admit(List<ConsumerRecord<byte[], ByteBuffer>> taken) {
        if (taken.isEmpty()) {
            return;
        }
        InOrder order = Objects.requireNonNull(open).order();
        Instant takenAt = Instant.now();
        for (ConsumerRecord<byte[], ByteBuffer> source : taken) {
            admit(new Taken(source, takenAt, System.nanoTime(), order.next()));
        }
    }

    private void admit(Taken taken) {
        ConsumerRecord<byte[], ByteBuffer> source = taken.source();
        if (delivery.waits(source)) {
            taken.place().leave();
            return;
        }
        Trust trust = delivery.trust(source);
        if (trust == Trust.WHOLE) {
            stages.entering(identity.lane(), Stage.DECODE, source);
        }
        recording.decoding();
        // Not the time of the poll: batches of those before it may have run since.
        Instant now = Instant.now();
        Verdict verdict = admission.judge(source, trust, overload.sheds() ? delivery.behind(source) : 0, now);
        if (verdict instanceof Admitted admitted) {
            decode(taken, admitted);
        } else if (verdict instanceof Declined declined) {
            decoded(source);
            Passage passage = Passage.declined(taken, declined.request());
            decline(passage, declined.status(), declined.errorClass(), declined.message(), null);
        } else if (verdict instanceof Undecodable undecodable) {
            decoded(source);
            keep(taken, undecodable.letter());
        } else if (verdict instanceof Unresolved later) {
            decoded(source);
            taken.place().leave();
            unresolved = later.cause();
            int id = later.cause().id();
            delivery.defer(source, () -> wire.knows(id));
        }
    }

    private void keep(Taken taken, DeadLetter letter) {
        taken.place().fill(() -> {
            stages.entering(identity.lane(), Stage.PUBLISH, taken.source());
            Publication trace =
                    tracing.kept(taken.source(), taken.at(), taken.startNanos(), letter.errorClass(), letter.message());
            delivery.publisher().keep(taken.source(), letter, trace);
            meters.deadLettered(letter.errorClass());
        });
    }

    private void decoded(ConsumerRecord<byte[], ByteBuffer> source) {
        recording.decoded(source.partition(), source.offset(), source.serializedValueSize());
    }

    private void decode(Taken taken, Admitted admitted) {
        ConsumerRecord<byte[], ByteBuffer> source = taken.source();
        ImageRequest request = admitted.request();
        Route route = router.route(Objects.requireNonNull(open), request, source);
        if (route == null) {
            decoded(source);
            Passage passage = Passage.declined(taken, request);
            decline(passage, ResultStatus.REJECTED, "UNKNOWN_MODEL", router.unknown(request), null);
            return;
        }
        OpenBatch batch = route.batch();
        try {
            batch.add(taken, request, admitted.image(), route.served());
            decoded(source);
            shadows.see(taken, request, admitted.image());
        } catch (ImageRejectedException e) {
            decoded(source);
            Passage passage = Passage.declined(taken, request);
            decline(passage, ResultStatus.REJECTED, e.reason().name(), String.valueOf(e.getMessage()), route.served());
        } catch (RuntimeException e) {
            decoded(source);
            // One image that a decoder trips over must not hold its partition up.
            log.atWarn()
                    .addKeyValue("topic", source.topic())
                    .addKeyValue("partition", source.partition())
                    .addKeyValue("offset", source.offset())
                    .setCause(e)
                    .log("image failed");
            Passage passage = Passage.declined(taken, request);
            decline(passage, ResultStatus.FAILED, "UNEXPECTED", e.toString(), route.served());
        }
        if (batch.full()) {
            run(batch);
        }
    }

    /** Answers without a label; what Millrace or the producer could mend is kept as a dead letter, too. */
    private void decline(
            Passage passage, ResultStatus status, String errorClass, String message, @Nullable Served served) {
        InferenceResult result = answers.refused(passage, status, errorClass, message, served);
        String stage = status == ResultStatus.FAILED ? "infer" : "decode";
        answer(passage, result, status == ResultStatus.EXPIRED ? null : new DeadLetter(errorClass, stage, message));
        measure(passage, status, served);
    }

    /** Lets an answer go when it is its turn. */
    private void answer(Passage passage, InferenceResult result, @Nullable DeadLetter letter) {
        Taken taken = passage.taken();
        taken.place().fill(() -> {
            stages.entering(identity.lane(), Stage.PUBLISH, taken.source());
            Publication trace = tracing.answered(taken.source(), taken.at(), taken.startNanos(), result);
            delivery.publisher().answer(taken.source(), result, letter, trace);
            if (letter != null) {
                meters.deadLettered(letter.errorClass());
            }
        });
    }

    private void measure(Passage passage, ResultStatus status, @Nullable Served served) {
        meters.queued(passage.queueMicros());
        meters.decoded(passage.decodeNanos());
        meters.answered(
                served == null ? "" : served.spec().name(),
                served == null ? 0 : served.spec().version(),
                status.name(),
                passage.queueMicros() + (passage.decodeNanos() + passage.batchNanos() + passage.inferNanos()) / 1000);
    }

    /** Notes where the lane's thread really runs. */
    void runsOn(Device actual) {
        router.runsOn(actual);
        show();
    }

    private void show() {
        snapshot = snapshotNow();
    }

    private LaneSnapshot snapshotNow() {
        return new LaneSnapshot(
                identity.lane(),
                identity.device(),
                router.device(),
                delivery.partitions(),
                delivery.lags(),
                delivery.settled(),
                delivery.outstanding(),
                delivery.publisher().unacknowledgedBytes(),
                batches,
                images,
                lastFailure);
    }

    /** The lane as of its last turn; any thread. */
    public LaneSnapshot snapshot() {
        return snapshot;
    }

    /** Closes as a crash would: what the lane had is suspected by whoever has it next. */
    void abandon() {
        delivery.abandon();
    }

    /** Leaves the group and closes the producer; what is not drained is answered again by another lane. */
    @Override
    public void close() {
        delivery.close();
    }

    private final class Publishing implements OpenBatch.Outcome {
        @Override
        public void running(int size) {
            recording.inferring(size);
        }

        @Override
        public void answered(Passage passage, Served served, Answer answer, Placement placement) {
            answer(passage, answers.ok(passage, served, answer, placement), null);
            measure(passage, ResultStatus.OK, served);
        }

        @Override
        public void failed(Passage passage, Served served, String message) {
            decline(passage, ResultStatus.FAILED, "INFERENCE_FAILED", message, served);
        }

        @Override
        public void ran(int size, long nanos) {
            recording.inferred();
            meters.inferred(size, nanos);
            batches++;
            images += size;
        }
    }
}

package dev.millrace.worker.lane;

import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireTerms;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.decode.Placement;
import dev.millrace.worker.infer.Answer;
import dev.millrace.worker.lane.Answers.Passage;
import dev.millrace.worker.lane.Answers.Served;
import dev.millrace.worker.lane.Turn.Route;
import dev.millrace.worker.lane.Turn.Wish;
import dev.millrace.worker.publish.ShadowPublisher;
import dev.millrace.worker.telemetry.WorkerMeters;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What challengers see that only look on: copies of the requests of a turn, run once its real answers are on their way. Whatever goes
 * wrong here is the challenger's, and no caller's. Lane thread only.
 */
final class Shadows {
    private static final Logger log = LoggerFactory.getLogger(Shadows.class);

    private final Router router;
    private final Answers answers;
    private final ShadowPublisher publisher;
    private final WorkerMeters meters;
    private final WireCodec<InferenceResult> codec;
    private final List<Copy> copies = new ArrayList<>();
    private final OpenBatch.Outcome outcome = new Publishing();

    private record Copy(Taken taken, ImageRequest request, EncodedImage image, Wish wish) {}

    Shadows(Router router, Answers answers, ShadowPublisher publisher, WireTerms wire, WorkerMeters meters) {
        this.router = router;
        this.answers = answers;
        this.publisher = publisher;
        this.codec = new WireCodec<>(InferenceResult.class, wire);
        this.meters = meters;
    }

    /** Remembers the request, if a challenger is to see it. */
    void see(Taken taken, ImageRequest request, EncodedImage image) {
        Wish wish = router.onlooker(request, taken.source());
        if (wish != null) {
            copies.add(new Copy(taken, request, image, wish));
        }
    }

    /** Forgets what it has: its turn has failed, and its requests come again. */
    void forget() {
        copies.clear();
    }

    /** Lets the challengers see everything since the last time. */
    void run() {
        if (copies.isEmpty()) {
            return;
        }
        try (Turn turn = new Turn()) {
            copies.forEach(copy -> add(turn, copy));
            turn.batches().forEach(batch -> batch.run(outcome));
        } catch (RuntimeException e) {
            log.atWarn().setCause(e).log("a challenger that looks on failed");
        } finally {
            copies.clear();
        }
    }

    private void add(Turn turn, Copy copy) {
        Route route = router.route(turn, copy.wish());
        if (route == null) {
            // Retired meanwhile.
            return;
        }
        // What the champion took is not this one's time.
        Taken taken = new Taken(
                copy.taken().source(),
                copy.taken().at(),
                System.nanoTime(),
                copy.taken().place());
        try {
            route.batch().add(taken, copy.request(), copy.image(), route.served());
        } catch (ImageRejectedException e) {
            Passage passage = Passage.declined(taken, copy.request());
            publish(
                    passage,
                    answers.refused(
                            passage,
                            ResultStatus.REJECTED,
                            e.reason().name(),
                            String.valueOf(e.getMessage()),
                            route.served()));
        }
        if (route.batch().full()) {
            route.batch().run(outcome);
        }
    }

    private void publish(Passage passage, InferenceResult result) {
        meters.shadowed(
                result.getModel(), result.getVersion(), result.getStatus().name());
        publisher.publish(passage.source(), codec.encode(result, publisher.topic()));
    }

    private final class Publishing implements OpenBatch.Outcome {
        @Override
        public void running(int size) {}

        @Override
        public void answered(Passage passage, Served served, Answer answer, Placement placement) {
            publish(passage, answers.ok(passage, served, answer, placement));
        }

        @Override
        public void failed(Passage passage, Served served, String message) {
            publish(passage, answers.refused(passage, ResultStatus.FAILED, "INFERENCE_FAILED", message, served));
        }

        @Override
        public void ran(int size, long nanos) {}
    }
}

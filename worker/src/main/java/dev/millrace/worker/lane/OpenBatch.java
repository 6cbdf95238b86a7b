package dev.millrace.worker.lane;

import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.decode.Placement;
import dev.millrace.worker.infer.Answer;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.lane.Answers.Passage;
import dev.millrace.worker.lane.Answers.Served;
import dev.millrace.worker.model.InferenceFailedException;
import dev.millrace.worker.model.ModelLease;
import dev.millrace.worker.model.ModelSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * The images of one turn that the same loaded model answers: leased, decoded into the model's one buffer, run, told
 * apart. There is never more than one for a model, however its requests name it. Lives for one turn on the lane thread.
 */
final class OpenBatch implements AutoCloseable {
    /** A deadline further away than any linger is as good as none. */
    private static final long FAR_MS = 60_000;

    private final ModelLease lease;
    private final Predictor predictor;
    private final LatencyFit fit;
    private final List<Waiting> waiting = new ArrayList<>();
    private final List<Failure> failures = new ArrayList<>();
    private long deadlineNanos;

    private record Waiting(Taken taken, ImageRequest request, Served served, long decodeNanos, long decodedAtNanos) {}

    private record Failure(Waiting image, long startNanos, String message) {}

    /** Told what became of each image: those that were answered in the order of their arrival, and so those that failed. */
    interface Outcome {
        void running(int size);

        void ran(int size, long nanos);

        void answered(Passage passage, Served served, Answer answer, Placement placement);

        void failed(Passage passage, Served served, String message);
    }

    /** @param fit of the predictor's model on this lane; learns from every run */
    OpenBatch(ModelLease lease, Predictor predictor, LatencyFit fit) {
        this.lease = lease;
        this.predictor = predictor;
        this.fit = fit;
    }

    /** Decodes the image into the next slot. */
    void add(Taken taken, ImageRequest request, EncodedImage image, Served served) throws ImageRejectedException {
        predictor.decode(image, waiting.size());
        long now = System.nanoTime();
        Instant deadline = request.getDeadline();
        long left = deadline == null ? FAR_MS : Math.min(FAR_MS, ChronoUnit.MILLIS.between(taken.at(), deadline));
        long due = taken.startNanos() + left * 1_000_000;
        deadlineNanos = waiting.isEmpty() || due - deadlineNanos < 0 ? due : deadlineNanos;
        waiting.add(new Waiting(taken, request, served, now - taken.startNanos(), now));
    }

    int size() {
        return waiting.size();
    }

    ModelSpec model() {
        return lease.spec();
    }

    /** How long its oldest image has been decoded; 0 when it has none. */
    long waitedNanos() {
        return waiting.isEmpty() ? 0 : System.nanoTime() - waiting.get(0).decodedAtNanos();
    }

    /** Whether it holds as many images as may run at once without passing the latency limit. */
    boolean full() {
        return waiting.size() >= fit.largest(predictor.maxBatch());
    }

    /**
     * How long it may wait for more: {@code linger} after its oldest image was taken, and not so long that its run would
     * end after the earliest deadline in it. Not positive: run now.
     */
    long mayWaitNanos(Duration linger) {
        long now = System.nanoTime();
        long lingers = waiting.get(0).taken().startNanos() + linger.toNanos() - now;
        long spare = deadlineNanos - now - (long) fit.predictNanos(waiting.size() + 1);
        return Math.min(lingers, spare);
    }

    /**
     * Runs what is waiting, tells the outcome of each, and is empty again. A run that fails is repeated in halves, so that
     * only the images that the model fails on are failed.
     *
     * @throws InferenceFailedException if all images failed and the image that the model was warmed up with fails, too: then
     *     the session is broken, and no image is to blame; not for a version on trial
     */
    void run(Outcome outcome) {
        if (waiting.isEmpty()) {
            return;
        }
        run(0, waiting.size(), outcome);
        if (failures.size() == waiting.size() && !isOnTrial()) {
            predictor.check();
        }
        for (Failure failure : failures) {
            outcome.failed(
                    passage(failure.image(), failure.startNanos(), 0, 1),
                    failure.image().served(),
                    failure.message());
        }
        failures.clear();
        waiting.clear();
    }

    /** What a challenger cannot answer is its failure, for the judge to see, and must not hold the champion's requests up. */
    private boolean isOnTrial() {
        RolloutArm arm = waiting.get(0).served().arm();
        return arm == RolloutArm.CHALLENGER || arm == RolloutArm.SHADOW;
    }

    /** Runs images {@code first} to {@code first + n - 1}, which are in the slots from 0 on. */
    private void run(int first, int n, Outcome outcome) {
        outcome.running(n);
        long start = System.nanoTime();
        try {
            predictor.run(n);
        } catch (InferenceFailedException e) {
            if (n == 1) {
                failures.add(new Failure(waiting.get(first), start, String.valueOf(e.getMessage())));
                return;
            }
            if (n == waiting.size()) {
                predictor.setAside(n);
            }
            runPart(first, n / 2, outcome);
            runPart(first + n / 2, n - n / 2, outcome);
            return;
        }
        long took = System.nanoTime() - start;
        fit.observe(n, took);
        outcome.ran(n, took);
        for (int i = 0; i < n; i++) {
            tell(waiting.get(first + i), i, n, start, took, outcome);
        }
    }

    private void runPart(int first, int n, Outcome outcome) {
        predictor.bringBack(first, n);
        run(first, n, outcome);
    }

    private void tell(Waiting image, int slot, int n, long start, long took, Outcome outcome) {
        long headStart = System.nanoTime();
        try {
            Answer answer = predictor.answer(slot);
            Passage passage = passage(image, start, took + System.nanoTime() - headStart, n);
            outcome.answered(passage, image.served(), answer, predictor.placement(slot));
        } catch (InferenceFailedException e) {
            outcome.failed(passage(image, start, took, n), image.served(), String.valueOf(e.getMessage()));
        }
    }

    private static Passage passage(Waiting image, long start, long inferNanos, int batchSize) {
        return new Passage(
                image.taken(),
                image.request(),
                image.decodeNanos(),
                start - image.decodedAtNanos(),
                inferNanos,
                batchSize);
    }

    /** Gives the lease back. */
    @Override
    public void close() {
        lease.close();
    }
}

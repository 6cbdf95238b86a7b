package dev.millrace.worker.lane;

import dev.millrace.schemas.ImageRequest;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.infer.ScoredLabel;
import dev.millrace.worker.lane.Answers.Passage;
import dev.millrace.worker.lane.Answers.Served;
import dev.millrace.worker.model.InferenceFailedException;
import dev.millrace.worker.model.ModelLease;
import dev.millrace.worker.model.ModelSpec;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The images of one turn that the same loaded model answers: leased, decoded into the model's one buffer, run, told
 * apart. There is never more than one for a model, however its requests name it. Lives for one turn on the lane thread.
 */
final class OpenBatch implements AutoCloseable {
    private final ModelLease lease;
    private final Predictor predictor;
    private final List<Waiting> waiting = new ArrayList<>();

    private record Waiting(
            ConsumerRecord<byte[], ByteBuffer> source,
            ImageRequest request,
            Served served,
            Instant takenAt,
            long decodeNanos,
            long decodedAtNanos) {}

    /** Told what became of each image, in the order of their arrival. */
    interface Outcome {
        void labelled(Passage passage, Served served, List<ScoredLabel> top);

        void failed(Passage passage, Served served, String message);

        void ran(int size, long nanos);
    }

    OpenBatch(ModelLease lease, Predictor predictor) {
        this.lease = lease;
        this.predictor = predictor;
    }

    /** Decodes the image into the next slot. {@code startNanos} is when the lane began with the record. */
    void add(
            ConsumerRecord<byte[], ByteBuffer> source,
            ImageRequest request,
            EncodedImage image,
            Served served,
            Instant takenAt,
            long startNanos)
            throws ImageRejectedException {
        predictor.decode(image, waiting.size());
        long now = System.nanoTime();
        waiting.add(new Waiting(source, request, served, takenAt, now - startNanos, now));
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

    boolean full() {
        return waiting.size() == predictor.maxBatch();
    }

    /** Runs what is waiting, tells the outcome of each, and is empty again. */
    void run(Outcome outcome) {
        int size = waiting.size();
        if (size == 0) {
            return;
        }
        long start = System.nanoTime();
        try {
            predictor.run(size);
        } catch (InferenceFailedException e) {
            waiting.forEach(
                    image -> outcome.failed(passage(image, start, 0), image.served(), String.valueOf(e.getMessage())));
            waiting.clear();
            return;
        }
        long ran = System.nanoTime() - start;
        outcome.ran(size, ran);
        for (int slot = 0; slot < size; slot++) {
            tell(slot, start, ran, outcome);
        }
        waiting.clear();
    }

    private void tell(int slot, long start, long ran, Outcome outcome) {
        Waiting image = waiting.get(slot);
        long headStart = System.nanoTime();
        try {
            List<ScoredLabel> top = predictor.top(slot);
            outcome.labelled(passage(image, start, ran + System.nanoTime() - headStart), image.served(), top);
        } catch (InferenceFailedException e) {
            outcome.failed(passage(image, start, ran), image.served(), String.valueOf(e.getMessage()));
        }
    }

    private Passage passage(Waiting image, long start, long inferNanos) {
        return new Passage(
                image.source(),
                image.request(),
                image.takenAt(),
                image.decodeNanos(),
                start - image.decodedAtNanos(),
                inferNanos,
                waiting.size());
    }

    /** Gives the lease back. */
    @Override
    public void close() {
        lease.close();
    }
}

package dev.millrace.trainer.publish;

import dev.millrace.schemas.GoldenVector;
import dev.millrace.trainer.gate.GoldenVectors;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.rehearsal.Expectation;
import dev.millrace.worker.rehearsal.Performance;
import dev.millrace.worker.rehearsal.ProcessLimits;
import dev.millrace.worker.rehearsal.Rehearsal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What a version answers where it is published, for workers to compare with what it answers there. The model is run in a
 * process of its own, as workers rehearse it.
 */
public final class GoldenAnswers {
    private static final int MOST = 4;
    /** Of the manifest, which every worker reads at its start. */
    private static final int MOST_BYTES = 300_000;

    private static final ProcessLimits LIMITS = new ProcessLimits(2_048, 120);
    /** Of the largest logit: floats differ by their order of summation, integers by where they are rounded. */
    private static final float OFF_FP32 = 0.001f;

    private static final float OFF_OTHERS = 0.05f;

    private final ModelSpec spec;
    private final byte[] onnx;

    /** Of a model as a worker would run it. */
    public GoldenAnswers(byte[] onnx, ModelSpec spec) {
        this.onnx = onnx;
        this.spec = spec;
    }

    /**
     * Its answers to a few images of noise; none where one image is too large for a manifest.
     *
     * @throws ModelRefusedException when it does not run within two minutes and 2 GiB, or answers what is no number
     * @throws IOException when no process can be started
     */
    public List<GoldenVector> toNoise() throws ModelRefusedException, IOException {
        if (room() == 0) {
            new Rehearsal(LIMITS).run(onnx, spec, new Expectation(List.of(), 0));
            return List.of();
        }
        List<ByteBuffer> images = new ArrayList<>();
        for (int seed = 1; seed <= room(); seed++) {
            images.add(Rehearsal.noise(spec, seed));
        }
        Performance performance = new Rehearsal(LIMITS).record(onnx, spec, images);
        List<GoldenVector> vectors = new ArrayList<>();
        for (int i = 0; i < room(); i++) {
            vectors.add(vector(images.get(i), performance.logits().get(i)));
        }
        return vectors;
    }

    /**
     * The first ones of those that the gate has recorded.
     *
     * @throws ModelRefusedException as {@link #toNoise}, or when it does not answer so here
     * @throws IOException when they are another model's, too large for a manifest, or no process can be started
     */
    public List<GoldenVector> asRecorded(GoldenVectors recorded) throws ModelRefusedException, IOException {
        if (!recorded.sha256().equals(spec.sha256())) {
            throw new IOException(
                    "golden: of sha256 %s (expected: %s, the model's)".formatted(recorded.sha256(), spec.sha256()));
        }
        if (room() == 0) {
            throw new IOException("golden: images of %,d bytes (expected: at most %,d, with their logits)"
                    .formatted(spec.pixels().bytes(), MOST_BYTES));
        }
        List<GoldenVector> vectors = recorded.vectors().stream()
                .limit(room())
                .map(known -> vector(ByteBuffer.wrap(known.pixels().bytes()), known.logits()))
                .toList();
        Expectation expectation = new Expectation(
                vectors.stream()
                        .map(known -> new dev.millrace.worker.rehearsal.GoldenVector(
                                known.getPixels(), known.getLogits(), known.getTolerance()))
                        .toList(),
                0);
        new Rehearsal(LIMITS).run(onnx, spec, expectation);
        return vectors;
    }

    private int room() {
        return Math.min(MOST, (int) (MOST_BYTES / ((long) spec.pixels().bytes() + (long) Float.BYTES * spec.values())));
    }

    private GoldenVector vector(ByteBuffer pixels, List<Float> logits) {
        float largest = 1;
        for (float logit : logits) {
            largest = Math.max(largest, Math.abs(logit));
        }
        float off = spec.precision().equals("fp32") ? OFF_FP32 : OFF_OTHERS;
        return new GoldenVector(pixels, logits, off * largest);
    }
}

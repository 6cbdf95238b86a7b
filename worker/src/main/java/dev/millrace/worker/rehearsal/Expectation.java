package dev.millrace.worker.rehearsal;

import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import java.util.List;
import java.util.Locale;

/**
 * What a version must do in its rehearsal.
 *
 * @param golden what it must answer; empty: anything, as long as it is numbers
 * @param maxLatencyMs most milliseconds for one image, median; 0: no bound
 */
public record Expectation(List<GoldenVector> golden, double maxLatencyMs) {
    /** @throws IllegalArgumentException for a bound that is none */
    public Expectation {
        golden = List.copyOf(golden);
        if (!(maxLatencyMs >= 0) || Double.isInfinite(maxLatencyMs)) {
            throw new IllegalArgumentException("maxLatencyMs: " + maxLatencyMs + " (expected: a number from 0)");
        }
    }

    /** The same without a bound on the time: for a worker that answers on other devices than the rehearsal runs on. */
    public Expectation untimed() {
        return new Expectation(golden, 0);
    }

    /** @throws ModelRefusedException when the golden vectors are not of this model's measure */
    void requireFit(ModelSpec spec) throws ModelRefusedException {
        for (int v = 0; v < golden.size(); v++) {
            GoldenVector vector = golden.get(v);
            int pixels = vector.pixels().remaining();
            int values = spec.values();
            if (pixels != spec.pixels().bytes() || vector.logits().size() != values) {
                throw new ModelRefusedException("golden vector %d: %d bytes, %d logits (expected: %d and %d)"
                        .formatted(
                                v, pixels, vector.logits().size(), spec.pixels().bytes(), values));
            }
        }
    }

    /** @throws ModelRefusedException when {@code performance} falls short of it, for the first reason there is */
    void requireMet(Performance performance) throws ModelRefusedException {
        for (int v = 0; v < golden.size(); v++) {
            requireClose(v, performance.logits().get(v));
        }
        if (maxLatencyMs > 0 && performance.medianMs() > maxLatencyMs) {
            throw new ModelRefusedException(String.format(
                    Locale.ROOT,
                    "latency: %.3f ms for one image (expected: at most %s ms, as its manifest says)",
                    performance.medianMs(),
                    maxLatencyMs));
        }
    }

    private void requireClose(int v, List<Float> logits) throws ModelRefusedException {
        GoldenVector vector = golden.get(v);
        for (int label = 0; label < logits.size(); label++) {
            float actual = logits.get(label);
            float expected = vector.logits().get(label);
            if (!(Math.abs((double) actual - expected) <= vector.tolerance())) {
                throw new ModelRefusedException("golden vector %d, logit %d: %s (expected: %s, at most %s off)"
                        .formatted(v, label, actual, expected, vector.tolerance()));
            }
        }
    }
}

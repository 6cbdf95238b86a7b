package dev.millrace.trainer.observe;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import dev.millrace.trainer.dataset.LabelledImages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Images per second of two models, in one thread. Their runs take turns, so that whatever else the machine does falls on both; the
 * median run counts.
 */
public record SpeedComparison(double firstImagesPerSecond, double secondImagesPerSecond) {
    private static final int WARM_UP = 3;
    private static final int LEAST_RUNS = 9;

    /** Takes about this long, and longer where a few runs of each do. */
    public static SpeedComparison of(ServedModel first, ServedModel second, LabelledImages images, Duration about) {
        List<Long> ofFirst = new ArrayList<>();
        List<Long> ofSecond = new ArrayList<>();
        try (OnnxTensor forFirst = first.firstBatch(images);
                OnnxTensor forSecond = second.firstBatch(images)) {
            for (int i = 0; i < WARM_UP; i++) {
                first.nanos(forFirst);
                second.nanos(forSecond);
            }
            long end = System.nanoTime() + about.toNanos();
            while (ofFirst.size() < LEAST_RUNS || System.nanoTime() < end) {
                ofFirst.add(first.nanos(forFirst));
                ofSecond.add(second.nanos(forSecond));
            }
        } catch (OrtException e) {
            throw new IllegalArgumentException("model: does not run: " + e.getMessage(), e);
        }
        return new SpeedComparison(1e9 * first.batch() / median(ofFirst), 1e9 * second.batch() / median(ofSecond));
    }

    /** How many times as fast the second one is. */
    public double speedup() {
        return secondImagesPerSecond / firstImagesPerSecond;
    }

    private static double median(List<Long> nanos) {
        List<Long> sorted = nanos.stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }
}

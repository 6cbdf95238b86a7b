package dev.millrace.trainer.observe;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import dev.millrace.trainer.dataset.LabelledImages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Images per second of two models, in one thread and by processor time. Their runs take turns in threes, after one that does not
 * count because the other model's weights fill the caches then; the median run counts.
 */
public record SpeedComparison(double firstImagesPerSecond, double secondImagesPerSecond) {
    private static final int WARM_UP = 3;
    private static final int LEAST_RUNS = 9;
    private static final int RUNS_A_TURN = 3;

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
                turn(first, forFirst, ofFirst);
                turn(second, forSecond, ofSecond);
            }
        } catch (OrtException e) {
            throw new IllegalArgumentException("model: does not run: " + e.getMessage(), e);
        }
        return new SpeedComparison(1e9 * first.batch() / median(ofFirst), 1e9 * second.batch() / median(ofSecond));
    }

    private static void turn(ServedModel model, OnnxTensor batch, List<Long> nanos) throws OrtException {
        model.nanos(batch);
        for (int run = 0; run < RUNS_A_TURN; run++) {
            nanos.add(model.nanos(batch));
        }
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

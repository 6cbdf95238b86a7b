package dev.millrace.trainer.evaluate;

import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.infer.Prediction;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.infer.PredictorOptions;
import dev.millrace.worker.model.ModelRefusedException;
import java.util.ArrayList;
import java.util.List;

/** Runs a model over labelled images in one thread and counts. */
public final class Evaluator {
    private static final int BATCH = 8;
    private static final int TOP = 5;
    private static final int WARM_UP_IMAGES = 256;

    private final LabelledImages images;
    private final List<String> classes;

    /**
     * Evaluates on these images.
     *
     * @param classes names by label; a model must have the same
     */
    public Evaluator(LabelledImages images, List<String> classes) {
        this.images = images;
        this.classes = List.copyOf(classes);
    }

    /**
     * Evaluates an ONNX file that describes itself.
     *
     * @throws ModelRefusedException when it cannot be run
     * @throws IllegalArgumentException when its labels or its image size are not those of the images
     */
    public Evaluation evaluate(byte[] onnx) throws ModelRefusedException {
        PredictorOptions options = PredictorOptions.DEFAULT.withMaxBatch(BATCH).withTopK(TOP);
        try (Predictor predictor = Predictor.load(onnx, options)) {
            if (!predictor.spec().labels().equals(classes)) {
                throw new IllegalArgumentException("labels: %s (expected: %s, as the data set has)"
                        .formatted(predictor.spec().labels(), classes));
            }
            for (int from = 0; from < Math.min(WARM_UP_IMAGES, images.size()); from += BATCH) {
                predictor.predict(batch(from));
            }
            return count(predictor);
        } catch (ImageRejectedException e) {
            throw new IllegalArgumentException("images: " + e.getMessage(), e);
        }
    }

    private Evaluation count(Predictor predictor) throws ImageRejectedException {
        ConfusionMatrix confusion = new ConfusionMatrix(classes);
        int top1 = 0;
        int top5 = 0;
        List<Double> nanosPerImage = new ArrayList<>();
        for (int from = 0; from < images.size(); from += BATCH) {
            // Reading and resizing pictures is not the model's time.
            List<EncodedImage> batch = batch(from);
            long started = System.nanoTime();
            List<Prediction> predictions = predictor.predict(batch);
            nanosPerImage.add((System.nanoTime() - started) / (double) predictions.size());
            for (int i = 0; i < predictions.size(); i++) {
                int truth = images.label(from + i);
                Prediction prediction = predictions.get(i);
                confusion.add(truth, prediction.top().index());
                top1 += prediction.top().index() == truth ? 1 : 0;
                top5 += prediction.labels().stream().anyMatch(label -> label.index() == truth) ? 1 : 0;
            }
        }
        return new Evaluation(
                predictor.spec().name(),
                predictor.spec().precision(),
                predictor.spec().bytes(),
                images.size(),
                (double) top1 / images.size(),
                (double) top5 / images.size(),
                1e9 / median(nanosPerImage),
                confusion.classes());
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    private List<EncodedImage> batch(int from) {
        ImageShape shape = images.shape();
        List<EncodedImage> batch = new ArrayList<>(BATCH);
        for (int i = from; i < Math.min(images.size(), from + BATCH); i++) {
            batch.add(EncodedImage.raw(shape.width(), shape.height(), shape.channels(), images.image(i)));
        }
        return batch;
    }
}

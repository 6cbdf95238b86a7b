package dev.millrace.trainer.evaluate;

import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.infer.ScoredLabel;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.InferenceFailedException;
import dev.millrace.worker.model.LoadedModel;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.model.Task;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Runs a model over labelled images in one thread and counts. */
public final class Evaluator {
    private static final int TOP = 5;
    private static final int WARM_UP_IMAGES = 256;

    private final LabelledImages images;
    private final List<String> classes;
    private final EvaluationOptions options;
    private final IntConsumer progress;

    /**
     * Evaluates on these images, with {@link EvaluationOptions#DEFAULT}.
     *
     * @param classes names by label; a model must have the same
     */
    public Evaluator(LabelledImages images, List<String> classes) {
        this(images, classes, EvaluationOptions.DEFAULT, done -> {});
    }

    /**
     * Evaluates on these images.
     *
     * @param classes names by label; a model must have the same
     * @param progress is told after each batch how many images of the model at hand are done
     * @throws IllegalArgumentException when there are no images, a label without a name, or a weight for a name that is no class
     */
    public Evaluator(LabelledImages images, List<String> classes, EvaluationOptions options, IntConsumer progress) {
        this.images = images;
        this.classes = List.copyOf(classes);
        this.options = options;
        this.progress = progress;
        if (images.size() == 0) {
            throw new IllegalArgumentException("images: none (expected: at least 1)");
        }
        for (int i = 0; i < images.size(); i++) {
            if (images.label(i) < 0 || images.label(i) >= classes.size()) {
                throw new IllegalArgumentException("label of image %d: %d (expected: 0 to %d, as there are classes)"
                        .formatted(i, images.label(i), classes.size() - 1));
            }
        }
        options.metrics().requireClasses(classes);
    }

    /**
     * Evaluates an ONNX file.
     *
     * @throws IOException when it is no ONNX
     * @throws ModelRefusedException when it cannot be run
     * @throws IllegalArgumentException when it is no classifier, or its labels or its image size are not those of the images
     * @throws InferenceFailedException when it fails on an image, or answers with NaN or infinity
     */
    public Evaluation evaluate(byte[] onnx) throws IOException, ModelRefusedException {
        requireNoDetector(onnx);
        ModelSpec spec = ModelSpec.describe(onnx, options.input().complete(OnnxFile.parse(onnx, "model"), classes));
        requireFitting(spec);
        try (LoadedModel model = LoadedModel.load(onnx, spec, DeviceRequest.ANY_CPU, options.batch())) {
            return evaluate(model);
        } catch (ImageRejectedException e) {
            throw new IllegalArgumentException("images: " + e.getMessage(), e);
        }
    }

    /**
     * Tells a detector before anything is asked of it that only a classifier has.
     *
     * @throws IllegalArgumentException when the file says that it is one, or is known to be
     */
    public static void requireNoDetector(byte[] onnx) {
        Task task;
        try {
            task = ModelSpec.describe(onnx).task();
        } catch (ModelRefusedException e) {
            // What it lacks the user may have said; and if not, that is said where it is needed.
            return;
        }
        if (task == Task.DETECTION) {
            throw new IllegalArgumentException(
                    "task: detection (expected: classification; evaluate --dataset coco:DIR measures detectors)");
        }
    }

    private void requireFitting(ModelSpec spec) {
        if (spec.task() != Task.CLASSIFICATION) {
            throw new IllegalArgumentException(
                    "task: %s (expected: classification)".formatted(spec.task().word()));
        }
        PixelShape pixels = spec.pixels();
        ImageShape shape = images.shape();
        if (pixels.height() != shape.height() || pixels.width() != shape.width()) {
            throw new IllegalArgumentException("input: %dx%d pixels (expected: %dx%d, as the images are)"
                    .formatted(pixels.height(), pixels.width(), shape.height(), shape.width()));
        }
        if (spec.labels().size() != classes.size()) {
            throw new IllegalArgumentException("labels: %d (expected: %d, as the data set has)"
                    .formatted(spec.labels().size(), classes.size()));
        }
        for (int i = 0; i < classes.size(); i++) {
            if (!spec.labels().get(i).equals(classes.get(i))) {
                throw new IllegalArgumentException("labels: number %d is %s (expected: %s, as in the data set)"
                        .formatted(i, spec.labels().get(i), classes.get(i)));
            }
        }
    }

    private Evaluation evaluate(LoadedModel model) throws ImageRejectedException {
        Predictor predictor = new Predictor(model, TOP, DecodeLimits.DEFAULT);
        int batch = predictor.maxBatch();
        for (int from = 0; from < Math.min(WARM_UP_IMAGES, images.size()); from += batch) {
            run(predictor, batch(from, batch, false));
        }
        Tally plain = new Tally(classes);
        FlipTally flipped = options.flip() ? new FlipTally(classes.size(), batch) : null;
        Timings timings = new Timings(images.size() / batch + 1);
        for (int from = 0; from < images.size(); from += batch) {
            // Reading and resizing pictures is not the model's time.
            List<EncodedImage> encoded = batch(from, batch, false);
            int n = encoded.size();
            long started = System.nanoTime();
            run(predictor, encoded);
            for (int slot = 0; slot < n; slot++) {
                plain.add(images.label(from + slot), predictor.top(slot));
            }
            timings.add((System.nanoTime() - started) / (double) n);
            if (flipped != null) {
                flipped.keep(model.logits(), n);
                run(predictor, batch(from, batch, true));
                for (int slot = 0; slot < n; slot++) {
                    flipped.add(images.label(from + slot), model.logits(), slot);
                }
            }
            progress.accept(from + n);
        }
        return plain.evaluation(model.spec(), options.metrics(), timings, flipped == null ? null : flipped.average());
    }

    /** {@code most} images from {@code from} on, or those that are left. */
    private List<EncodedImage> batch(int from, int most, boolean mirrored) {
        ImageShape shape = images.shape();
        List<EncodedImage> batch = new ArrayList<>(most);
        for (int i = from; i < Math.min(images.size(), from + most); i++) {
            byte[] image = images.image(i);
            if (mirrored) {
                mirror(image, shape);
            }
            batch.add(EncodedImage.raw(shape.width(), shape.height(), shape.channels(), image));
        }
        return batch;
    }

    private static void run(Predictor predictor, List<EncodedImage> batch) throws ImageRejectedException {
        for (int slot = 0; slot < batch.size(); slot++) {
            predictor.decode(batch.get(slot), slot);
        }
        predictor.run(batch.size());
    }

    /** Left to right, in place, HWC. */
    static void mirror(byte[] image, ImageShape shape) {
        int channels = shape.channels();
        int row = shape.width() * channels;
        for (int y = 0; y < shape.height(); y++) {
            for (int left = 0, right = row - channels; left < right; left += channels, right -= channels) {
                for (int c = 0; c < channels; c++) {
                    byte swap = image[y * row + left + c];
                    image[y * row + left + c] = image[y * row + right + c];
                    image[y * row + right + c] = swap;
                }
            }
        }
    }

    /** Right answers so far. */
    private static final class Tally {
        private final ConfusionMatrix confusion;
        private int images;
        private int top1;
        private int top5;
        private double scores;

        Tally(List<String> classes) {
            confusion = new ConfusionMatrix(classes);
        }

        void add(int truth, List<ScoredLabel> best) {
            images++;
            confusion.add(truth, best.get(0).index());
            scores += best.get(0).score();
            top1 += best.get(0).index() == truth ? 1 : 0;
            top5 += best.stream().anyMatch(label -> label.index() == truth) ? 1 : 0;
        }

        Evaluation evaluation(ModelSpec spec, Metrics metrics, Timings timings, @Nullable FlipAverage flip) {
            List<ClassReport> reports = confusion.classes(metrics.beta());
            return new Evaluation(
                    spec.name(),
                    spec.precision(),
                    spec.bytes(),
                    images,
                    (double) top1 / images,
                    (double) top5 / images,
                    scores / images,
                    1e9 / timings.quantile(0.5),
                    timings.quantile(0.99) / 1e6,
                    FBeta.of(reports, metrics),
                    flip,
                    reports,
                    confusion);
        }
    }
}

package dev.millrace.trainer.evaluate;

import dev.millrace.trainer.coco.AreaRange;
import dev.millrace.trainer.coco.CocoDataset;
import dev.millrace.trainer.coco.CocoEvaluation;
import dev.millrace.trainer.coco.CocoException;
import dev.millrace.trainer.coco.CocoPicture;
import dev.millrace.trainer.coco.Hits;
import dev.millrace.trainer.coco.OperatingPoint;
import dev.millrace.trainer.coco.TrueBox;
import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.infer.Answer;
import dev.millrace.worker.infer.DetectedBox;
import dev.millrace.worker.infer.DetectionThreshold;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.LoadedModel;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.model.Task;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * Runs a detector over pictures with boxes, one picture at a time, in one thread. Each run is read twice: with the model's own threshold,
 * as it is served, and with the lowest one, as average precision asks for.
 */
public final class DetectionEvaluator {
    private static final int WARM_UP_PICTURES = 8;

    private final CocoDataset data;
    private final Metrics metrics;
    private final Map<String, String> said;
    private final IntConsumer progress;

    /**
     * Evaluates on these pictures.
     *
     * @param said properties that complete or replace the model's own
     * @param progress is told after each picture how many of the model at hand are done
     */
    public DetectionEvaluator(CocoDataset data, Metrics metrics, Map<String, String> said, IntConsumer progress) {
        this.data = data;
        this.metrics = metrics;
        this.said = Map.copyOf(said);
        this.progress = progress;
    }

    /**
     * Evaluates an ONNX file.
     *
     * @throws IOException when a picture cannot be read, its size is not that of the annotations, or none of the classes are the model's
     * @throws ModelRefusedException when the model cannot be run
     * @throws IllegalArgumentException when it is no detector, a weight is for a name that is no class, or no class has objects
     * @throws dev.millrace.worker.model.InferenceFailedException when it fails on a picture, or answers with NaN or infinity
     */
    public DetectionEvaluation evaluate(byte[] onnx) throws IOException, ModelRefusedException {
        ModelSpec spec = ModelSpec.describe(onnx, said);
        if (spec.task() != Task.DETECTION) {
            throw new IllegalArgumentException("task: %s (expected: detection, for a data set of boxes)"
                    .formatted(spec.task().word()));
        }
        Predictor.requireHead(spec);
        CocoDataset pictures = data.labelledAs(spec.labels());
        metrics.requireClasses(pictures.categories());
        if (pictures.objects() == 0) {
            throw new IllegalArgumentException(
                    "objects: none of %s (expected: at least 1)".formatted(pictures.categories()));
        }
        try (LoadedModel model = LoadedModel.load(onnx, spec, DeviceRequest.ANY_CPU, 1)) {
            return new Run(model, pictures).evaluation();
        }
    }

    /** One model over the pictures. */
    private final class Run {
        private final CocoDataset pictures;
        private final Predictor served;
        private final Predictor searching;
        private final int[] categoryByLabel;
        private final CocoEvaluation coco;
        private final OperatingPoint answers;
        private final Timings timings;
        /** Of the last picture, from its bytes to boxes; reading the file is not the model's time. */
        private long nanos;

        Run(LoadedModel model, CocoDataset pictures) {
            this.pictures = pictures;
            served = new Predictor(model, 1, DecodeLimits.DEFAULT);
            searching = served.atThreshold(DetectionThreshold.LEAST);
            List<String> categories = pictures.categories();
            categoryByLabel =
                    model.spec().labels().stream().mapToInt(categories::indexOf).toArray();
            coco = new CocoEvaluation(categories.size());
            answers = new OperatingPoint(categories.size());
            timings = new Timings(pictures.pictures().size());
        }

        DetectionEvaluation evaluation() throws IOException {
            List<CocoPicture> all = pictures.pictures();
            for (CocoPicture picture : all.subList(0, Math.min(WARM_UP_PICTURES, all.size()))) {
                answer(picture);
            }
            for (int i = 0; i < all.size(); i++) {
                List<TrueBox> objects = answer(all.get(i));
                timings.add((double) nanos);
                answers.add(objects, found(served));
                coco.add(objects, found(searching));
                progress.accept(i + 1);
            }
            return report();
        }

        /** @return what is there, on the upright picture */
        private List<TrueBox> answer(CocoPicture picture) throws IOException {
            CocoPicture upright;
            long started;
            try {
                EncodedImage encoded = EncodedImage.ofFile(picture.file());
                upright = picture.upright(encoded.frame());
                started = System.nanoTime();
                served.decode(encoded, 0);
            } catch (CocoException e) {
                throw e;
            } catch (ImageRejectedException | IOException e) {
                throw new IOException(
                        "%s: cannot be read as a picture: %s".formatted(picture.file(), e.getMessage()), e);
            }
            served.run(1);
            served.answer(0);
            nanos = System.nanoTime() - started;
            return upright.objects();
        }

        private List<DetectedBox> found(Predictor reading) {
            if (!(reading.answer(0) instanceof Answer.Boxes boxes)) {
                throw new IllegalStateException("answer: no boxes (expected: boxes, of a detector)");
            }
            List<DetectedBox> found = new ArrayList<>();
            for (DetectedBox box : boxes.found()) {
                int category = categoryByLabel[box.index()];
                if (category >= 0) {
                    found.add(new DetectedBox(
                            category, box.label(), box.score(), box.x(), box.y(), box.width(), box.height()));
                }
            }
            return found;
        }

        private DetectionEvaluation report() {
            ModelSpec spec = served.spec();
            Hits all = answers.of(AreaRange.ALL);
            int count = pictures.pictures().size();
            List<DetectedClassReport> classes = classes();
            return new DetectionEvaluation(
                    spec.name(),
                    spec.precision(),
                    spec.bytes(),
                    count,
                    all.objects(),
                    DetectionThreshold.of(spec),
                    coco.figures(),
                    (double) all.missed() / all.objects(),
                    (double) all.wrong() / count,
                    1e9 / timings.quantile(0.5),
                    timings.quantile(0.5) / 1e6,
                    timings.quantile(0.99) / 1e6,
                    FBeta.of(
                            classes.stream()
                                    .map(report -> new ClassReport(
                                            report.label(),
                                            report.objects(),
                                            report.precision(),
                                            report.recall(),
                                            report.fbeta()))
                                    .toList(),
                            metrics),
                    sizes(),
                    classes,
                    pictures.leftOut(),
                    spec.labels().stream()
                            .filter(label -> !pictures.categories().contains(label))
                            .toList());
        }

        private List<DetectedSizeReport> sizes() {
            List<DetectedSizeReport> sizes = new ArrayList<>();
            for (AreaRange size : AreaRange.values()) {
                Hits hits = answers.of(size);
                sizes.add(new DetectedSizeReport(
                        size.name().toLowerCase(Locale.ROOT),
                        hits.objects(),
                        hits.boxes(),
                        hits.precision(),
                        hits.recall()));
            }
            return sizes;
        }

        private List<DetectedClassReport> classes() {
            List<DetectedClassReport> classes = new ArrayList<>();
            for (int category = 0; category < pictures.categories().size(); category++) {
                Hits hits = answers.of(category);
                classes.add(new DetectedClassReport(
                        pictures.categories().get(category),
                        hits.objects(),
                        hits.boxes(),
                        hits.precision(),
                        hits.recall(),
                        FBeta.of(metrics.beta(), hits.right(), hits.missed(), hits.wrong()),
                        coco.ap50(category),
                        coco.ap(category)));
            }
            return classes;
        }
    }
}

package dev.millrace.trainer.gate;

import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.evaluate.ClassReport;
import dev.millrace.trainer.evaluate.Evaluation;
import dev.millrace.trainer.evaluate.EvaluationOptions;
import dev.millrace.trainer.evaluate.Evaluator;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.LoadedModel;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.rehearsal.ParentWatch;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The process that runs a model: one image at a time, as a worker would, in one thread. Reads a {@link TrialRequest} from its working
 * folder and leaves its answer there.
 */
final class TrialMain {
    private static final int LONGEST_REASON = 500;

    private TrialMain() {}

    public static void main(String[] arguments) throws IOException {
        ParentWatch.start();
        Path folder = Path.of("");
        TrialRequest.answer(folder, outcome(folder));
        // Not by returning: a model may have left threads behind.
        Runtime.getRuntime().halt(0);
    }

    private static Trial.Outcome outcome(Path folder) throws IOException {
        TrialRequest request = TrialRequest.read(folder);
        byte[] onnx = request.model(folder);
        LabelledImages images = request.images(folder);
        List<byte[]> golden = request.goldenImages(folder);
        try {
            return run(request, onnx, images, golden);
        } catch (IOException | ModelRefusedException | ImageRejectedException | RuntimeException e) {
            return new Trial.Failed(firstLine(e));
        } catch (OutOfMemoryError e) {
            return new Trial.Failed("out of memory: " + firstLine(e));
        }
    }

    private static Trial.Answered run(TrialRequest request, byte[] onnx, LabelledImages images, List<byte[]> golden)
            throws IOException, ModelRefusedException, ImageRejectedException {
        EvaluationOptions options = new EvaluationOptions(request.metrics(), request.input(), false, 1);
        Evaluation evaluation = new Evaluator(images, request.classes(), options, done -> {}).evaluate(onnx);
        Map<String, Double> recall = new LinkedHashMap<>();
        for (ClassReport report : evaluation.classes()) {
            recall.put(report.label(), report.recall());
        }
        return new Trial.Answered(
                evaluation.model(),
                evaluation.images(),
                evaluation.top1(),
                evaluation.top5(),
                evaluation.fbeta().weighted(),
                evaluation.p99Ms(),
                recall,
                goldenLogits(request, onnx, golden));
    }

    private static List<List<Float>> goldenLogits(TrialRequest request, byte[] onnx, List<byte[]> images)
            throws IOException, ModelRefusedException, ImageRejectedException {
        if (images.isEmpty()) {
            return List.of();
        }
        ModelSpec spec =
                ModelSpec.describe(onnx, request.input().complete(OnnxFile.parse(onnx, "model"), request.classes()));
        ImageShape shape = request.shape();
        List<List<Float>> all = new ArrayList<>();
        try (LoadedModel model = LoadedModel.load(onnx, spec, DeviceRequest.ANY_CPU, 1)) {
            Predictor predictor = new Predictor(model, 1, DecodeLimits.DEFAULT);
            for (byte[] image : images) {
                predictor.decode(EncodedImage.raw(shape.width(), shape.height(), shape.channels(), image), 0);
                predictor.run(1);
                predictor.top(0);
                all.add(floats(model.logits(), spec.labels().size()));
            }
        }
        return all;
    }

    private static List<Float> floats(FloatBuffer logits, int n) {
        List<Float> floats = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
            floats.add(logits.get(i));
        }
        return floats;
    }

    private static String firstLine(Throwable e) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        String line = message.lines().findFirst().orElse(e.toString());
        return line.length() <= LONGEST_REASON ? line : line.substring(0, LONGEST_REASON) + "...";
    }
}

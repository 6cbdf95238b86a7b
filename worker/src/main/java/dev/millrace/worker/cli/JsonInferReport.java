package dev.millrace.worker.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.worker.infer.Answer;
import dev.millrace.worker.infer.DetectedBox;
import dev.millrace.worker.infer.Prediction;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.infer.ScoredLabel;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** One JSON object at the end: {@code model} and {@code images}, a failed image with {@code error} and {@code message}. */
final class JsonInferReport implements InferReport {

    private static final JsonMapper JSON = new JsonMapper();

    private final PrintWriter out;
    private final ObjectNode root = JSON.createObjectNode();
    private final ArrayNode images;

    JsonInferReport(PrintWriter out, Predictor predictor) {
        this.out = out;
        root.putObject("model")
                .put("name", predictor.spec().name())
                .put("version", predictor.spec().version())
                .put("sha256", predictor.spec().sha256())
                .put("precision", predictor.spec().precision())
                .put("device", predictor.device().toString())
                .put("bytes", predictor.spec().bytes());
        images = root.putArray("images");
    }

    @Override
    public void answered(Path image, Prediction prediction) {
        ObjectNode node = images.addObject().put("image", image.toString());
        if (prediction.answer() instanceof Answer.Labels labels) {
            add(node.putArray("labels"), labels);
        } else if (prediction.answer() instanceof Answer.Boxes boxes) {
            node.put("width", prediction.placement().imageWidth());
            node.put("height", prediction.placement().imageHeight());
            add(node.putArray("boxes"), boxes);
            ObjectNode counts = node.putObject("counts");
            boxes.counts().forEach(counts::put);
        } else if (prediction.answer() instanceof Answer.LabelMap map) {
            ByteBuffer png = map.png().duplicate();
            byte[] bytes = new byte[png.remaining()];
            png.get(bytes);
            node.putObject("mask")
                    .put("width", map.width())
                    .put("height", map.height())
                    .put("png", bytes);
            ObjectNode counts = node.putObject("counts");
            map.counts().forEach(counts::put);
        } else if (prediction.answer() instanceof Answer.Embedding embedding) {
            ArrayNode vector = node.putArray("embedding");
            embedding.vector().forEach(vector::add);
        }
        node.put("decode_ms", prediction.decodeNanos() / 1e6).put("infer_ms", prediction.inferNanos() / 1e6);
    }

    private static void add(ArrayNode array, Answer.Labels labels) {
        for (ScoredLabel label : labels.best()) {
            array.addObject()
                    .put("index", label.index())
                    .put("label", label.label())
                    .put("score", label.score());
        }
    }

    private static void add(ArrayNode array, Answer.Boxes boxes) {
        for (DetectedBox box : boxes.found()) {
            array.addObject()
                    .put("index", box.index())
                    .put("label", box.label())
                    .put("score", box.score())
                    .put("x", box.x())
                    .put("y", box.y())
                    .put("width", box.width())
                    .put("height", box.height());
        }
    }

    @Override
    public void failed(Path image, String errorClass, String message) {
        images.addObject()
                .put("image", image.toString())
                .put("error", errorClass)
                .put("message", message);
    }

    @Override
    public void end() {
        out.println(root.toPrettyString());
        out.flush();
    }
}

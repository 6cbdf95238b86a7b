package dev.millrace.producer.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.producer.ReceivedResult;
import dev.millrace.schemas.DetectedBox;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.LabelMap;
import dev.millrace.schemas.ScoredLabel;
import dev.millrace.schemas.StageTimings;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A result as one JSON object on one line, every field of the wire record in it. */
final class ResultJson {
    private final JsonMapper mapper = new JsonMapper();

    String of(ReceivedResult received) {
        InferenceResult result = received.result();
        ObjectNode json = mapper.createObjectNode();
        json.put("request_id", result.getRequestId());
        json.put("status", result.getStatus().name());
        json.put("error_class", result.getErrorClass());
        json.put("error_message", result.getErrorMessage());
        addLabels(json.putArray("labels"), result);
        addBoxes(json.putArray("boxes"), result);
        ObjectNode counts = json.putObject("counts");
        new TreeMap<>(result.getCounts()).forEach(counts::put);
        addMask(json, result.getMask());
        result.getEmbedding().forEach(json.putArray("embedding")::add);
        json.put("image_width", result.getImageWidth());
        json.put("image_height", result.getImageHeight());
        json.put("model", result.getModel());
        json.put("version", result.getVersion());
        json.put("sha256", result.getSha256());
        json.put("precision", result.getPrecision());
        json.put("device", result.getDevice());
        json.put("worker", result.getWorker());
        json.put("lane", result.getLane());
        json.put("arm", result.getArm().name());
        json.put("epoch", result.getEpoch());
        json.put("batch_size", result.getBatchSize());
        addTimings(json.putObject("timings"), result.getTimings());
        json.put("completed_at", result.getCompletedAt().toString());
        json.put("received_at", received.receivedAt().toString());
        json.put("source_topic", result.getSourceTopic());
        json.put("source_partition", result.getSourcePartition());
        json.put("source_offset", result.getSourceOffset());
        return json.toString();
    }

    private static void addLabels(ArrayNode labels, InferenceResult result) {
        for (ScoredLabel label : result.getLabels()) {
            labels.addObject()
                    .put("index", label.getIndex())
                    .put("label", label.getLabel())
                    .put("score", label.getScore());
        }
    }

    private static void addBoxes(ArrayNode boxes, InferenceResult result) {
        for (DetectedBox box : result.getBoxes()) {
            boxes.addObject()
                    .put("index", box.getIndex())
                    .put("label", box.getLabel())
                    .put("score", box.getScore())
                    .put("x", box.getX())
                    .put("y", box.getY())
                    .put("width", box.getWidth())
                    .put("height", box.getHeight());
        }
    }

    private static void addMask(ObjectNode json, @Nullable LabelMap mask) {
        if (mask == null) {
            json.putNull("mask");
            return;
        }
        byte[] png = new byte[mask.getPng().remaining()];
        mask.getPng().duplicate().get(png);
        ObjectNode node = json.putObject("mask")
                .put("width", mask.getWidth())
                .put("height", mask.getHeight())
                .put("png", png);
        mask.getLabels().forEach(node.putArray("labels")::add);
    }

    private static void addTimings(ObjectNode json, StageTimings timings) {
        json.put("queue_micros", timings.getQueueMicros());
        json.put("decode_micros", timings.getDecodeMicros());
        json.put("batch_micros", timings.getBatchMicros());
        json.put("infer_micros", timings.getInferMicros());
    }
}

package dev.millrace.infra.demo;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.infra.demo.StageTimes.Percentiles;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import java.util.Locale;
import java.util.Objects;

/** A report as one JSON object: counts, images per second, milliseconds, accuracy from 0 to 1. */
final class JsonReport {
    private JsonReport() {}

    static String of(DemoReport report) {
        ObjectNode root = new JsonMapper().createObjectNode();
        root.put("images", report.images());
        for (ResultStatus status : ResultStatus.values()) {
            root.put(status.name().toLowerCase(Locale.ROOT), report.results(status));
        }
        root.put("accuracy", report.accuracy());
        root.put("images_per_second", round(report.imagesPerSecond()));
        root.put("seconds", round(report.seconds()));
        ObjectNode stages = root.putObject("stages");
        for (Stage stage : Stage.values()) {
            Percentiles percentiles = Objects.requireNonNull(report.stages().get(stage));
            stages.putObject(stage.key)
                    .put("p50_ms", percentiles.p50())
                    .put("p95_ms", percentiles.p95())
                    .put("p99_ms", percentiles.p99());
        }
        InferenceResult answer = report.answer();
        if (answer != null) {
            root.putObject("model")
                    .put("name", answer.getModel())
                    .put("version", answer.getVersion())
                    .put("sha256", answer.getSha256())
                    .put("precision", answer.getPrecision())
                    .put("device", answer.getDevice())
                    .put("bytes", report.modelBytes());
        }
        return root.toString();
    }

    private static double round(double value) {
        return Math.round(value * 1_000) / 1_000.0;
    }
}

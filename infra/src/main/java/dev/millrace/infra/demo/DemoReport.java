package dev.millrace.infra.demo;

import dev.millrace.infra.demo.StageTimes.Percentiles;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a demo found.
 *
 * @param dataset where the images came from
 * @param images how many were published
 * @param inFlight most that were under way at once
 * @param byStatus results by status
 * @param errors why images were not answered OK, and how often
 * @param lost images without a result
 * @param right results whose best label is the true one
 * @param startedAt when the first image was published
 * @param endedAt when the last result came
 * @param stages time per stage of the images answered OK
 * @param answer one result with status OK, for what it says about the model; null when there is none
 * @param modelBytes size of the ONNX file
 */
record DemoReport(
        String dataset,
        int images,
        int inFlight,
        Map<ResultStatus, Integer> byStatus,
        Map<String, Integer> errors,
        int lost,
        int right,
        Instant startedAt,
        Instant endedAt,
        Map<Stage, Percentiles> stages,
        @Nullable InferenceResult answer,
        long modelBytes) {
    /** Copies the maps. */
    DemoReport {
        byStatus = Map.copyOf(byStatus);
        errors = Map.copyOf(errors);
        stages = Map.copyOf(stages);
    }

    int results(ResultStatus status) {
        return byStatus.getOrDefault(status, 0);
    }

    /** Share of all images whose best label is the true one, 0 to 1. */
    double accuracy() {
        return images == 0 ? 0 : (double) right / images;
    }

    double seconds() {
        return Duration.between(startedAt, endedAt).toNanos() / 1e9;
    }

    double imagesPerSecond() {
        int results = byStatus.values().stream().mapToInt(Integer::intValue).sum();
        return seconds() > 0 ? results / seconds() : 0;
    }

    /** Whether every image was answered OK. */
    boolean allOk() {
        return lost == 0 && results(ResultStatus.OK) == images;
    }
}

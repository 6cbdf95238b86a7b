package dev.millrace.bench.limit.child;

import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.StageTimings;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.Encoding;
import dev.millrace.worker.infer.ScoredLabel;
import dev.millrace.worker.model.ModelSpec;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** What a lane makes of a raw request and of the best labels, where its steps are measured one by one. */
public final class Samples {
    private Samples() {}

    /** The image of a request with raw pixels. */
    public static EncodedImage image(ImageRequest request) {
        return new EncodedImage(
                Encoding.RAW_U8, request.getWidth(), request.getHeight(), request.getChannels(), request.getBytes());
    }

    /**
     * A terminal record with these labels.
     *
     * @param offset of its request
     * @param batch images in the run that answered
     */
    public static InferenceResult result(ModelSpec spec, List<ScoredLabel> top, long offset, int batch) {
        return new InferenceResult(
                "00000000-0000-0000-0000-000000000000",
                "millrace.requests",
                0,
                offset,
                ResultStatus.OK,
                null,
                null,
                spec.name(),
                spec.version(),
                spec.sha256(),
                spec.precision(),
                "cpu:0",
                top.stream()
                        .map(label -> new dev.millrace.schemas.ScoredLabel(label.index(), label.label(), label.score()))
                        .toList(),
                new StageTimings(1L, 2L, 3L, 4L),
                Instant.now(),
                batch,
                "worker-0",
                0,
                RolloutArm.CHAMPION,
                1L,
                List.of(),
                Map.of(),
                null,
                List.of(),
                spec.pixels().width(),
                spec.pixels().height());
    }
}

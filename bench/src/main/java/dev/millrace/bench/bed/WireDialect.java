package dev.millrace.bench.bed;

import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.ScoredLabel;
import dev.millrace.schemas.StageTimings;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Millrace's own: an {@link ImageRequest}, an {@link InferenceResult}. Complete is an answer when a lane says so. */
public final class WireDialect implements Dialect {
    private final WireCodec<ImageRequest> encoder = new WireCodec<>(ImageRequest.class);
    private final WireCodec<InferenceResult> decoder = new WireCodec<>(InferenceResult.class);

    /** Needs nothing. */
    public WireDialect() {}

    @Override
    public byte[] request(ImageRequest request) {
        return encoder.encode(request);
    }

    @Override
    public Answer answer(ConsumerRecord<byte[], byte[]> record) throws IOException {
        try {
            InferenceResult result = decoder.decode(record.value());
            if (result.getStatus() != ResultStatus.OK) {
                throw new IOException(
                        "answer: " + result.getStatus() + " " + result.getErrorMessage() + " (expected: OK)");
            }
            List<ScoredLabel> labels = result.getLabels();
            return new Answer(
                    Long.parseLong(result.getRequestId()),
                    ChronoUnit.MICROS.between(Instant.EPOCH, result.getCompletedAt()),
                    labels.isEmpty() ? -1 : labels.get(0).getIndex(),
                    labels.isEmpty() ? 0 : labels.get(0).getScore(),
                    result.getBatchSize(),
                    stages(result.getTimings()));
        } catch (MalformedRecordException e) {
            throw new IOException("answer: " + e.getMessage(), e);
        }
    }

    private static Map<String, Long> stages(StageTimings timings) {
        return Map.of(
                "queue",
                timings.getQueueMicros(),
                "decode",
                timings.getDecodeMicros(),
                "batch",
                timings.getBatchMicros(),
                "infer",
                timings.getInferMicros());
    }
}

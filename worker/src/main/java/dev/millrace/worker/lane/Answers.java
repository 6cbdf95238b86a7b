package dev.millrace.worker.lane;

import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.LabelMap;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.StageTimings;
import dev.millrace.worker.decode.Placement;
import dev.millrace.worker.infer.Answer;
import dev.millrace.worker.infer.DetectedBox;
import dev.millrace.worker.infer.ScoredLabel;
import dev.millrace.worker.model.ModelSpec;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Writes results: every field of the terminal record, from what the lane saw. Stateless. */
final class Answers {
    /** Longest error message in a result, in characters: it may quote what a producer sent. */
    private static final int MESSAGE_LIMIT = 1000;

    private final String worker;
    private final int lane;

    Answers(String worker, int lane) {
        this.worker = worker;
        this.lane = lane;
    }

    /**
     * What one request went through.
     *
     * @param taken the record it came in
     * @param decodeNanos record bytes to pixels
     * @param batchNanos decoded to the start of the session run
     * @param inferNanos the session run and the task head
     * @param batchSize images in that run; 0 when there was none
     */
    record Passage(
            Taken taken, ImageRequest request, long decodeNanos, long batchNanos, long inferNanos, int batchSize) {
        /** Of a request that is in no batch; ends now. */
        static Passage declined(Taken taken, ImageRequest request) {
            return new Passage(taken, request, System.nanoTime() - taken.startNanos(), 0, 0, 0);
        }

        ConsumerRecord<byte[], ByteBuffer> source() {
            return taken.source();
        }

        /** Never below 0: the producer's clock may be ahead, or say anything at all. */
        long queueMicros() {
            Instant createdAt = request.getCreatedAt();
            boolean sane = createdAt.isAfter(Instant.EPOCH) && createdAt.isBefore(taken.at());
            return sane ? ChronoUnit.MICROS.between(createdAt, taken.at()) : 0;
        }
    }

    /**
     * Which model answered, where and in whose stead.
     *
     * @param epoch the decision that chose it; null when the request did
     */
    record Served(
            ModelSpec spec,
            String device,
            RolloutArm arm,
            @Nullable Long epoch) {}

    InferenceResult ok(Passage passage, Served served, Answer answer, Placement placement) {
        InferenceResult result = base(passage, ResultStatus.OK, served);
        result.setImageWidth(placement.imageWidth());
        result.setImageHeight(placement.imageHeight());
        if (answer instanceof Answer.Labels labels) {
            result.setLabels(labels(labels.best()));
        } else if (answer instanceof Answer.Boxes boxes) {
            result.setBoxes(boxes(boxes.found()));
            result.setCounts(boxes.counts());
        } else if (answer instanceof Answer.LabelMap map) {
            result.setMask(new LabelMap(map.width(), map.height(), map.labels(), map.png()));
            result.setCounts(map.counts());
        } else if (answer instanceof Answer.Embedding embedding) {
            result.setEmbedding(embedding.vector());
        }
        return result;
    }

    private static List<dev.millrace.schemas.ScoredLabel> labels(List<ScoredLabel> best) {
        List<dev.millrace.schemas.ScoredLabel> labels = new ArrayList<>(best.size());
        for (ScoredLabel label : best) {
            labels.add(new dev.millrace.schemas.ScoredLabel(label.index(), label.label(), label.score()));
        }
        return labels;
    }

    private static List<dev.millrace.schemas.DetectedBox> boxes(List<DetectedBox> found) {
        List<dev.millrace.schemas.DetectedBox> boxes = new ArrayList<>(found.size());
        for (DetectedBox box : found) {
            boxes.add(new dev.millrace.schemas.DetectedBox(
                    box.index(), box.label(), box.score(), box.x(), box.y(), box.width(), box.height()));
        }
        return boxes;
    }

    InferenceResult refused(
            Passage passage, ResultStatus status, String errorClass, String message, @Nullable Served served) {
        InferenceResult result = base(passage, status, served);
        result.setErrorClass(errorClass);
        result.setErrorMessage(message.substring(0, Math.min(message.length(), MESSAGE_LIMIT)));
        return result;
    }

    private InferenceResult base(Passage passage, ResultStatus status, @Nullable Served served) {
        ConsumerRecord<byte[], ByteBuffer> source = passage.source();
        InferenceResult result = new InferenceResult();
        result.setRequestId(passage.request().getRequestId());
        result.setSourceTopic(source.topic());
        result.setSourcePartition(source.partition());
        result.setSourceOffset(source.offset());
        result.setStatus(status);
        result.setLabels(List.of());
        result.setBoxes(List.of());
        result.setCounts(Map.of());
        result.setEmbedding(List.of());
        result.setTimings(new StageTimings(
                passage.queueMicros(),
                passage.decodeNanos() / 1000,
                passage.batchNanos() / 1000,
                passage.inferNanos() / 1000));
        result.setCompletedAt(Instant.now());
        result.setBatchSize(passage.batchSize());
        result.setWorker(worker);
        result.setLane(lane);
        result.setArm(RolloutArm.NONE);
        if (served != null) {
            ModelSpec spec = served.spec();
            result.setModel(spec.name());
            result.setVersion(spec.version());
            result.setSha256(spec.sha256());
            result.setPrecision(spec.precision());
            result.setDevice(served.device());
            result.setArm(served.arm());
            result.setEpoch(served.epoch());
        }
        return result;
    }
}

package dev.millrace.worker.lane;

import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.Trial;
import dev.millrace.schemas.TrialKind;
import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.model.Device;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.LiveModel;
import dev.millrace.worker.model.LiveModels;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.model.TinyModels;
import dev.millrace.worker.serving.ServingPlan;
import dev.millrace.worker.serving.ServingPlans;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** A lane's router among loaded versions of model {@code m}, which tell 4 x 4 grey stripes apart. */
final class TrialScene implements AutoCloseable {
    static final String MODEL = "m";
    static final int SIDE = 4;
    static final int CLASSES = 4;
    static final int MAX_BATCH = 4;

    final LiveModels models = new LiveModels();
    final ServingPlans plans = new ServingPlans("");
    final Router router = new Router(
            new LaneIdentity("w", 0, Device.ANY_CPU),
            new BatchPolicy(MAX_BATCH, Duration.ZERO, Duration.ofSeconds(10), 1, DecodeLimits.DEFAULT),
            plans,
            models);

    /** Loads a version. */
    void load(int version) throws ModelRefusedException {
        load(version, TinyModels.classifier(SIDE, SIDE, 1, CLASSES));
    }

    void load(int version, byte[] onnx) throws ModelRefusedException {
        ModelSpec spec = ModelSpec.describe(onnx).as(MODEL, version);
        models.install(LiveModel.load(onnx, spec, List.of(DeviceRequest.ANY_CPU), MAX_BATCH));
    }

    void follow(int champion, @Nullable Trial trial, long epoch) {
        plans.follow(new ServingPlan(MODEL, champion, trial, epoch));
    }

    /** Leases that are out now, of all versions. */
    int leases() {
        return models.versions().stream().mapToInt(LiveModel::leases).sum();
    }

    /** A trial of so many of 10,000 requests. */
    static Trial trial(TrialKind kind, int challenger, int share) {
        return trial(kind, challenger, share, "", Map.of());
    }

    static Trial trial(TrialKind kind, int challenger, int share, String sticky, Map<String, String> conditions) {
        return new Trial(challenger, kind, share, List.of(), 0L, Instant.EPOCH, false, sticky, conditions);
    }

    /** A request for whoever answers. */
    static ImageRequest request(String id) {
        return request(id, null, Map.of());
    }

    static ImageRequest request(String id, @Nullable Integer pinned, Map<String, String> tags) {
        return new ImageRequest(
                id,
                MODEL,
                pinned,
                ImageEncoding.RAW_U8,
                SIDE,
                SIDE,
                1,
                ByteBuffer.wrap(TinyModels.image(SIDE, SIDE, 1, CLASSES, 0, 2)),
                null,
                Instant.now(),
                null,
                tags);
    }

    /** The record that a request came in. */
    static ConsumerRecord<byte[], ByteBuffer> source(long offset, String key) {
        return new ConsumerRecord<>(
                "requests", 0, offset, key.getBytes(StandardCharsets.UTF_8), ByteBuffer.allocate(0));
    }

    @Override
    public void close() {
        models.close();
    }
}

package dev.millrace.schemas.wire;

import dev.millrace.schemas.ChannelOrder;
import dev.millrace.schemas.DetectedBox;
import dev.millrace.schemas.DriftStatus;
import dev.millrace.schemas.ElementType;
import dev.millrace.schemas.Feedback;
import dev.millrace.schemas.GoldenVector;
import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.InputSpec;
import dev.millrace.schemas.LabelCounts;
import dev.millrace.schemas.LabelMap;
import dev.millrace.schemas.LaneStatus;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ModelRole;
import dev.millrace.schemas.ModelState;
import dev.millrace.schemas.ModelStatus;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.OutputSpec;
import dev.millrace.schemas.ResamplingFilter;
import dev.millrace.schemas.Resize;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.ScoredLabel;
import dev.millrace.schemas.StageTimings;
import dev.millrace.schemas.Task;
import dev.millrace.schemas.TensorLayout;
import dev.millrace.schemas.TrainerState;
import dev.millrace.schemas.TrainerStatus;
import dev.millrace.schemas.Trial;
import dev.millrace.schemas.TrialKind;
import dev.millrace.schemas.WorkerState;
import dev.millrace.schemas.WorkerStatus;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;

/** One record of each kind with every field set, as the golden bytes hold it. */
public final class GoldenRecords {
    private static final Instant AT = Instant.parse("2026-11-22T10:15:30.123456Z");
    private static final Instant AT_MILLIS = Instant.parse("2026-11-22T10:15:30.123Z");
    private static final String SHA = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    private GoldenRecords() {}

    /** One of each kind. */
    public static List<SpecificRecord> all() {
        return List.of(request(), result(), manifest(), version(), rollout(), event(), status(), feedback(), trainer());
    }

    /** A request with every field set. */
    public static ImageRequest request() {
        return new ImageRequest(
                "request-1",
                "fashion",
                3,
                ImageEncoding.RAW_U8,
                2,
                2,
                1,
                ByteBuffer.wrap(new byte[] {0, 1, (byte) 128, (byte) 255}),
                4_000_000_000L,
                AT,
                AT.plusSeconds(1),
                Map.of("camera", "north"));
    }

    static InferenceResult result() {
        return new InferenceResult(
                "request-1",
                "millrace.requests",
                5,
                42L,
                ResultStatus.OK,
                null,
                null,
                "fashion",
                3,
                SHA,
                "int8",
                "cpu:1",
                List.of(new ScoredLabel(9, "Ankle boot", 0.75f), new ScoredLabel(7, "Sneaker", 0.25f)),
                new StageTimings(1000L, 20L, 30L, 400L),
                AT,
                8,
                "worker-1",
                0,
                RolloutArm.CHAMPION,
                12L,
                List.of(new DetectedBox(9, "Ankle boot", 0.75f, 1.5f, 2.25f, 10f, 20f)),
                Map.of("Ankle boot", 1),
                new LabelMap(2, 1, List.of("sky", "road"), ByteBuffer.wrap(new byte[] {7, 8})),
                List.of(0.5f, -0.5f),
                640,
                480);
    }

    /** A manifest with every field set. */
    public static ModelManifest manifest() {
        return new ModelManifest(
                "fashion",
                3,
                Task.CLASSIFICATION,
                new InputSpec(
                        "pixels",
                        ElementType.UINT8,
                        TensorLayout.NCHW,
                        28,
                        28,
                        1,
                        ChannelOrder.GREY,
                        List.of(72f),
                        List.of(0.015625f),
                        0,
                        Resize.LETTERBOX,
                        ResamplingFilter.BILINEAR,
                        114),
                "logits",
                List.of("T-shirt/top", "Ankle boot"),
                "int8",
                "kafka:",
                4L,
                SHA,
                Map.of("top1", 0.93),
                Map.of("dataset", "fashion-mnist"),
                AT_MILLIS,
                List.of(new GoldenVector(ByteBuffer.wrap(new byte[] {0, (byte) 255}), List.of(-1.5f, 2.5f), 0.125f)),
                12.5,
                List.of(new OutputSpec("logits", List.of(2))),
                Map.of("threshold", "0.5"));
    }

    /** A published version; its manifest is none. */
    public static ModelVersion version() {
        return new ModelVersion(
                ByteBuffer.wrap(new byte[] {1, 2, 3}), "0123456789abcdef", ByteBuffer.wrap(new byte[] {4, 5}));
    }

    /** A decision with every field set. */
    public static Rollout rollout() {
        return new Rollout(
                "fashion",
                3,
                AT_MILLIS,
                "ann@host",
                "first version",
                2,
                4,
                new Trial(
                        4,
                        TrialKind.CANARY,
                        1_000,
                        List.of(100, 1_000, 5_000),
                        120_000L,
                        AT_MILLIS,
                        true,
                        "tag:user",
                        Map.of("tag:country", "de")),
                Map.of("stable", 2),
                3,
                List.of(1));
    }

    static RolloutEvent event() {
        return new RolloutEvent(
                "fashion",
                RolloutAction.PROMOTED,
                3,
                3,
                AT_MILLIS,
                "ann@host",
                "better",
                1_000,
                Map.of("champion.errors", 0.5),
                "0198c7f2-77aa");
    }

    static WorkerStatus status() {
        return new WorkerStatus(
                "worker-1",
                AT_MILLIS,
                AT_MILLIS.plusSeconds(5),
                WorkerState.SERVING,
                List.of(new LaneStatus(0, "cpu:1", List.of(0, 1), 77L)),
                List.of(new ModelStatus("fashion", 3, SHA, 12L, ModelState.LIVE, "", ModelRole.CHAMPION)));
    }

    static Feedback feedback() {
        return new Feedback("request-1", "Ankle boot", AT_MILLIS, "ann@host", "millrace.requests", 5, 42L);
    }

    /** A trainer in the midst of a run, with every field set. */
    public static TrainerStatus trainer() {
        return new TrainerStatus(
                "trainer-1",
                AT_MILLIS,
                AT_MILLIS.plusSeconds(5),
                TrainerState.RETRAINING,
                List.of("judge", "retrain"),
                "fashion",
                "0198c7f2-77aa",
                "2,000 new labels",
                "gate",
                0.5,
                List.of(0.75, 0.875),
                List.of("top1 0.91 (expected: at least 0.90)"),
                new LabelCounts(2_105L, 2_000L, 40L, 30L, 20L, 10L, 5L),
                new DriftStatus(1_000L, 0.25, 0.75, 0.875, true, AT_MILLIS, 1_000L),
                "0198c7f2-66aa",
                "published v3",
                "no weights of v3: from scratch");
    }
}

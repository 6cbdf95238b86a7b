package dev.millrace.trainer.judge;

import dev.millrace.schemas.Feedback;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.ScoredLabel;
import dev.millrace.schemas.StageTimings;
import dev.millrace.schemas.TrialKind;
import dev.millrace.schemas.wire.TrustedRecords;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Records as workers and people write them, about model {@code m}: champion 1, challenger 2. */
final class Results {
    static final Instant STEPPED = Instant.parse("2026-01-02T03:04:05Z");

    static {
        TrustedRecords.install();
    }

    private Results() {}

    static OpenTrial canary(int share, Integer... steps) {
        return trial(TrialKind.CANARY, share, List.of(steps));
    }

    static OpenTrial shadow() {
        return trial(TrialKind.SHADOW, 2_000, List.of());
    }

    private static OpenTrial trial(TrialKind kind, int share, List<Integer> steps) {
        return new OpenTrial("m", 1, 2, kind, share, steps, Duration.ofMinutes(2), STEPPED, false, 40);
    }

    static InferenceResult ok(long offset, RolloutArm arm, String label) {
        return result(offset, arm, ResultStatus.OK, label);
    }

    static InferenceResult failed(long offset, RolloutArm arm) {
        return result(offset, arm, ResultStatus.FAILED, "");
    }

    static InferenceResult result(long offset, RolloutArm arm, ResultStatus status, String label) {
        boolean challenger = arm == RolloutArm.CHALLENGER || arm == RolloutArm.SHADOW;
        return InferenceResult.newBuilder()
                .setRequestId("r" + offset)
                .setSourceTopic("millrace.requests")
                .setSourcePartition(0)
                .setSourceOffset(offset)
                .setStatus(status)
                .setModel("m")
                .setVersion(Integer.valueOf(challenger ? 2 : 1))
                .setLabels(status == ResultStatus.OK ? List.of(new ScoredLabel(0, label, 0.75f)) : List.of())
                .setTimings(new StageTimings(9_999L, 100L, 300L, 600L))
                .setCompletedAt(STEPPED.plusMillis(offset))
                .setBatchSize(4)
                .setWorker("w1")
                .setLane(0)
                .setArm(arm)
                .setEpoch(40L)
                .build();
    }

    static Feedback truth(long offset, String label) {
        return new Feedback("r" + offset, label, STEPPED, "ann", "", -1, -1L);
    }
}

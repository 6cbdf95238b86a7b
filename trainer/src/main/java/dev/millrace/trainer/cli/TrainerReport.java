package dev.millrace.trainer.cli;

import dev.millrace.schemas.DriftStatus;
import dev.millrace.schemas.LabelCounts;
import dev.millrace.schemas.TrainerState;
import dev.millrace.schemas.TrainerStatus;
import dev.millrace.trainer.publish.TrainerSeen;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What all trainers say of themselves, the one that leads first; its JSON has these names in snake case. */
record TrainerReport(List<OfTrainer> trainers) {
    TrainerReport {
        trainers = List.copyOf(trainers);
    }

    /**
     * A trainer.
     *
     * @param heardSeconds ago
     * @param away whether that is too long
     * @param progress of the step, 0 to 1
     * @param curve validation top-1 of each epoch, 0 to 1
     */
    record OfTrainer(
            String trainer,
            String state,
            long heardSeconds,
            boolean away,
            List<String> roles,
            String model,
            String run,
            String why,
            String step,
            double progress,
            List<Double> curve,
            List<String> gate,
            Labels labels,
            Drift drift,
            String lastRun,
            String lastOutcome,
            String trouble) {
        OfTrainer {
            roles = List.copyOf(roles);
            curve = List.copyOf(curve);
            gate = List.copyOf(gate);
        }

        private OfTrainer heardJustNow() {
            return new OfTrainer(
                    trainer,
                    state,
                    0,
                    away,
                    roles,
                    model,
                    run,
                    why,
                    step,
                    progress,
                    curve,
                    gate,
                    labels,
                    drift,
                    lastRun,
                    lastOutcome,
                    trouble);
        }
    }

    /** As {@link LabelCounts}. */
    record Labels(long seen, long kept, long unknown, long expired, long outside, long waiting, long undecodable) {
        static Labels of(LabelCounts counts) {
            return new Labels(
                    counts.getSeen(),
                    counts.getKept(),
                    counts.getUnknown(),
                    counts.getExpired(),
                    counts.getOutside(),
                    counts.getWaiting(),
                    counts.getUndecodable());
        }
    }

    /** As {@link DriftStatus}. */
    record Drift(
            long answers,
            double psi,
            double confidence,
            double referenceConfidence,
            boolean drifted,
            @Nullable String since,
            long window) {
        static Drift of(DriftStatus drift) {
            return new Drift(
                    drift.getAnswers(),
                    drift.getPsi(),
                    drift.getConfidence(),
                    drift.getReferenceConfidence(),
                    drift.getDrifted(),
                    drift.getSince() == null ? null : drift.getSince().toString(),
                    drift.getWindow());
        }
    }

    static TrainerReport of(List<TrainerSeen> trainers, Instant now, Duration alive) {
        return new TrainerReport(trainers.stream()
                .sorted(Comparator.comparing((TrainerSeen trainer) -> !trainer.isAlive(now, alive))
                        .thenComparing(trainer -> trainer.status().getState() == TrainerState.STANDBY))
                .map(trainer -> ofTrainer(trainer, now, alive))
                .toList());
    }

    private static OfTrainer ofTrainer(TrainerSeen trainer, Instant now, Duration alive) {
        TrainerStatus said = trainer.status();
        return new OfTrainer(
                said.getTrainer(),
                said.getState().name().toLowerCase(Locale.ROOT),
                Math.max(0, Duration.between(trainer.heardAt(), now).toSeconds()),
                !trainer.isAlive(now, alive),
                said.getRoles(),
                said.getModel(),
                said.getRun(),
                said.getWhy(),
                said.getStep(),
                said.getProgress(),
                said.getCurve(),
                said.getGate(),
                Labels.of(said.getLabels()),
                Drift.of(said.getDrift()),
                said.getLastRun(),
                said.getLastOutcome(),
                said.getTrouble());
    }

    /** Whether a trainer is alive. */
    boolean anyAlive() {
        return trainers.stream().anyMatch(trainer -> !trainer.away());
    }

    /** Whether {@code other} says the same but for how long ago. */
    boolean saysTheSameAs(TrainerReport other) {
        return trainers.stream()
                .map(OfTrainer::heardJustNow)
                .toList()
                .equals(other.trainers.stream().map(OfTrainer::heardJustNow).toList());
    }
}

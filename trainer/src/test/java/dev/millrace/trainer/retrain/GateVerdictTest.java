package dev.millrace.trainer.retrain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.trainer.gate.Check;
import dev.millrace.trainer.gate.Check.Unit;
import dev.millrace.trainer.gate.GateReport;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class GateVerdictTest {
    private static final RetrainSpec.Gate LIMITS = new RetrainSpec.Gate(5, 1);

    @Test
    void passesWhatLosesLittleOnTheBaseAndWinsEnoughOnWhatWasReplayed() {
        GateVerdict verdict = GateVerdict.of(LIMITS, report(0.9, 5.0), report(0.8, -1.0));

        assertThat(verdict.passed()).isTrue();
        assertThat(verdict.checks())
                .containsExactly(
                        "base runs: yes",
                        "base top1 0.9000",
                        "base_drop 5.00 points (expected: at most 5.00)",
                        "replay runs: yes",
                        "replay top1 0.8000",
                        "replay_gain 1.00 points (expected: at least 1.00)");
    }

    @Test
    void refusesWhatForgetsTheBaseOrHasNotLearned() {
        assertThat(GateVerdict.of(LIMITS, report(0.8, 5.01), report(0.9, -9.0)).reason())
                .isEqualTo("gate: base_drop 5.01 points (expected: at most 5.00)");
        assertThat(GateVerdict.of(LIMITS, report(0.9, 0.0), report(0.9, -0.5)).failed())
                .containsExactly("replay_gain 0.50 points (expected: at least 1.00)");
    }

    @Test
    void refusesWhatDoesNotRun() {
        Check runs = new Check("runs", false, null, null, Unit.NONE, "ended without an answer");
        Check top1 = new Check("top1", false, null, 0.0, Unit.SHARE, "not measured: the candidate does not run");

        GateVerdict verdict = GateVerdict.of(LIMITS, new GateReport(false, List.of(runs, top1)), null);

        assertThat(verdict.failed())
                .containsExactly(
                        "base runs: ended without an answer", "base top1: not measured: the candidate does not run");
    }

    @Test
    void refusesWhereTheChampionCannotBeMeasured() {
        Check drop = new Check("drop_champion", false, null, 100.0, Unit.POINTS, "not measured: champion crashed");

        assertThat(GateVerdict.of(LIMITS, new GateReport(false, List.of(drop)), null)
                        .passed())
                .isFalse();
    }

    @Test
    void withoutAChampionItAsksOnlyWhetherItRuns() {
        assertThat(GateVerdict.of(LIMITS, report(0.1, null), report(0.1, null)).passed())
                .isTrue();
    }

    private static GateReport report(double top1, @Nullable Double drop) {
        List<Check> checks = new ArrayList<>(List.of(
                new Check("runs", true, null, null, Unit.NONE, null),
                new Check("seconds", true, 3.0, 600.0, Unit.SECONDS, null),
                new Check("top1", true, top1, 0.0, Unit.SHARE, null)));
        if (drop != null) {
            checks.add(new Check("drop_champion", true, drop, 100.0, Unit.POINTS, null));
        }
        return new GateReport(true, checks);
    }
}

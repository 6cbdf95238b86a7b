package dev.millrace.trainer.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.trainer.evaluate.Metrics;
import dev.millrace.trainer.gate.Check.Unit;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DecisionTest {
    private static final GateFile FILE = new GateFile(
            new GateFile.Minimum(0.9, 0.99, 0.8, Map.of("cat", 0.7, "ant", 0.6)),
            Metrics.DEFAULT,
            new GateFile.MaxDrop(1.0, 0.5),
            50,
            1_000L,
            new GateFile.Golden(Path.of("golden.json"), 0.01),
            new GateFile.Child(2_048, 120));
    private static final GoldenVectors GOLDEN = new GoldenVectors(
            "m", "0", 1, 1, 1, List.of(new GoldenVector(new GoldenVector.Pixels(new byte[1]), List.of(1f, 2f))));

    @Test
    void aCandidateThatKeepsToEveryLimitPasses() {
        GateReport report = report(1_000, trial(answer(0.9, 0.99, 0.8, 50, 2.005f)), 0.91, 0.905);

        assertThat(report.checks())
                .extracting(Check::name)
                .containsExactly(
                        "bytes",
                        "runs",
                        "memory_mib",
                        "seconds",
                        "p99_ms",
                        "top1",
                        "top5",
                        "weighted_fbeta",
                        "recall.ant",
                        "recall.cat",
                        "drop_fp32",
                        "drop_champion",
                        "golden");
        assertThat(report.failed()).isEmpty();
        assertThat(report.passed()).isTrue();
        assertThat(report.checks()).contains(Check.atMost("drop_fp32", 1.0, 1.0, Unit.POINTS));
    }

    @Test
    void oneLimitThatIsMissedRefusesAndTheOthersAreStillCompared() {
        GateReport report = report(1_001, trial(answer(0.8999, 1, 0.7, 50.1, 2.02f)), 0.9101, 0.8);

        assertThat(report.passed()).isFalse();
        assertThat(report.checks()).hasSize(13);
        assertThat(report.failed())
                .extracting(Check::name)
                .containsExactly("bytes", "p99_ms", "top1", "weighted_fbeta", "drop_fp32", "golden");
        assertThat(report.failed().get(0).reason()).isEqualTo("above the maximum");
        assertThat(report.failed().get(2).reason()).isEqualTo("below the minimum");
    }

    @Test
    void aCandidateThatDoesNotRunFailsEveryCheckThatNeedsIt() {
        GateReport report = report(10, new Trial(3, 100.0, new Trial.Failed("logit: NaN")), 0.9, 0.9);

        assertThat(report.checks())
                .filteredOn(Check::passed)
                .extracting(Check::name)
                .containsExactly("bytes", "memory_mib", "seconds");
        assertThat(report.failed().get(0).reason()).isEqualTo("logit: NaN");
        assertThat(report.failed())
                .filteredOn(check -> !check.name().equals("runs"))
                .allMatch(check ->
                        check.figure() == null && "not measured: the candidate does not run".equals(check.reason()));
    }

    @Test
    void aChampionThatDoesNotRunProvesNothing() {
        Decision decision = new Decision(
                FILE,
                10,
                trial(answer(0.95, 1, 1, 1, 2f)),
                trial(answer(0.95, 1, 1, 1, 2f)),
                new Trial(1, null, new Trial.Failed("crashed")),
                GOLDEN);

        assertThat(GateReport.of(decision.checks()).failed())
                .containsExactly(Check.unmeasured("drop_champion", 0.5, Unit.POINTS, "not measured: champion crashed"));
    }

    @Test
    void goldenVectorsOfAnotherNumberOfLogitsAreNoMatch() {
        GoldenVectors others = new GoldenVectors(
                "m", "0", 1, 1, 1, List.of(new GoldenVector(new GoldenVector.Pixels(new byte[1]), List.of(1f))));
        Decision decision = new Decision(FILE, 10, trial(answer(1, 1, 1, 1, 2f)), null, null, others);

        assertThat(GateReport.of(decision.checks()).failed())
                .containsExactly(
                        Check.unmeasured("golden", 0.01, Unit.LOGIT, "not comparable: another number of logits"));
    }

    @Test
    void whatTheFileDoesNotAskForIsNotChecked() {
        Decision decision =
                new Decision(GateFile.DEFAULT, 10, new Trial(1, null, answer(0, 0, 0, 1, 0f)), null, null, null);

        assertThat(decision.checks()).extracting(Check::name).containsExactly("runs", "seconds", "p99_ms");
    }

    private static GateReport report(long bytes, Trial candidate, double fp32Top1, double championTop1) {
        return GateReport.of(new Decision(
                        FILE,
                        bytes,
                        candidate,
                        trial(answer(fp32Top1, 1, 1, 1, 2f)),
                        trial(answer(championTop1, 1, 1, 1, 2f)),
                        GOLDEN)
                .checks());
    }

    private static Trial trial(Trial.Outcome outcome) {
        return new Trial(120, 2_048.0, outcome);
    }

    private static Trial.Answered answer(double top1, double top5, double fbeta, double p99, float logit) {
        return new Trial.Answered(
                "m", 10, top1, top5, fbeta, p99, Map.of("cat", 0.7, "ant", 0.6), List.of(List.of(1f, logit)));
    }
}

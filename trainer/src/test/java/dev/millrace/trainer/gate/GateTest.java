package dev.millrace.trainer.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.Samples;
import dev.millrace.trainer.TinyGraphs;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.evaluate.Evaluation;
import dev.millrace.trainer.evaluate.EvaluationOptions;
import dev.millrace.trainer.evaluate.Evaluator;
import dev.millrace.trainer.evaluate.Metrics;
import dev.millrace.trainer.onnx.PixelInput;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GateTest {
    private static final Metrics METRICS = new Metrics(2, Map.of("Shirt", 3.0));

    @TempDir
    private Path folder = Path.of("");

    @Test
    void judgesByTheFiguresThatEvaluateGivesByAWorseChampionAndByGoldenVectorsThatItRecorded() throws Exception {
        Dataset data = Samples.dataset();
        byte[] onnx = BundledModels.read(BundledModels.FASHION_MNIST);
        PixelInput raw = new PixelInput(List.of(0f), null, null);
        EvaluationOptions options = new EvaluationOptions(METRICS, raw, false, 8);
        Evaluation expected = new Evaluator(data.test(), data.classes(), options, done -> {}).evaluate(onnx);
        Evaluation worse =
                new Evaluator(data.test(), data.classes(), options, done -> {}).evaluate(TinyGraphs.linear(4));
        Path golden = folder.resolve("golden.json");
        GoldenVectors recorded = new Gate(GateFile.DEFAULT, data.test().first(3), data.classes()).recordGolden(onnx);
        recorded.write(golden);
        GateFile file = new GateFile(
                new GateFile.Minimum(0.999, 0.5, 0.5, Map.of("Bag", 0.5)),
                METRICS,
                new GateFile.MaxDrop(null, 0.0),
                1_000,
                1L << 20,
                new GateFile.Golden(golden, 0.001),
                GateFile.Child.DEFAULT);

        GateReport report = new Gate(file, data.test(), data.classes(), raw).judge(onnx, null, TinyGraphs.linear(4));

        assertThat(report.failed()).extracting(Check::name).containsExactly("top1");
        assertThat(figure(report, "bytes")).isEqualTo(onnx.length);
        assertThat(recorded.vectors()).hasSize(3);
        assertThat(figure(report, "golden")).isLessThan(0.001);
        assertThat(figure(report, "top1")).isEqualTo(expected.top1());
        assertThat(figure(report, "top5")).isEqualTo(expected.top5());
        assertThat(figure(report, "weighted_fbeta")).isEqualTo(expected.fbeta().weighted());
        assertThat(figure(report, "recall.Bag"))
                .isEqualTo(expected.classes().get(8).recall());
        assertThat(figure(report, "drop_champion"))
                .isEqualTo(Math.round(100 * (worse.top1() - expected.top1()) * 1e9) / 1e9)
                .isNegative();
    }

    @Test
    void refusesToJudgeWithoutWhatTheFileAsksFor() throws Exception {
        Dataset data = Samples.dataset();
        byte[] onnx = BundledModels.read(BundledModels.FASHION_MNIST);
        GateFile drop = GateFile.read(Files.writeString(folder.resolve("a.yaml"), "max_drop: {fp32: 1}"));
        GateFile golden =
                GateFile.read(Files.writeString(folder.resolve("b.yaml"), "golden: {file: absent.json, tolerance: 1}"));
        Files.writeString(folder.resolve("broken.json"), "{\"vectors\": 3}");
        GateFile broken =
                GateFile.read(Files.writeString(folder.resolve("c.yaml"), "golden: {file: broken.json, tolerance: 1}"));

        assertThatThrownBy(() -> new Gate(drop, data.test(), data.classes()).judge(onnx, null, null))
                .hasMessage("max_drop.fp32: 1.0 (expected: a model to compare with, --fp32 MODEL)");
        assertThatThrownBy(() -> new Gate(GateFile.DEFAULT, data.test(), data.classes()).judge(onnx, null, onnx))
                .hasMessage("champion: given (expected: max_drop.champion in the gate file, to compare it by)");
        assertThatThrownBy(() -> new Gate(golden, data.test(), data.classes()).judge(onnx, null, null))
                .hasMessageContaining("absent.json: no such file");
        assertThatThrownBy(() -> new Gate(broken, data.test(), data.classes()).judge(onnx, null, null))
                .hasMessageContaining("broken.json: not readable (expected: golden vectors");
        assertThatThrownBy(() -> new Gate(drop, data.test().first(0), data.classes()))
                .hasMessage("images: none (expected: at least 1)");
        GateFile small = GateFile.read(Files.writeString(folder.resolve("d.yaml"), "child: {memory_mib: 1}"));
        Dataset bundled = DatasetSpec.parse("bundled:fashion-mnist").load();
        assertThatThrownBy(() -> new Gate(small, bundled.test(), bundled.classes()))
                .hasMessage("images: 1 MiB of pixels (expected: at most half of child.memory_mib, 1)");
    }

    private static double figure(GateReport report, String name) {
        return report.checks().stream()
                .filter(check -> check.name().equals(name))
                .mapToDouble(check -> check.figure() == null ? Double.NaN : check.figure())
                .findFirst()
                .orElseThrow();
    }
}

package dev.millrace.trainer.retrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.Samples;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.export.OnnxExport;
import dev.millrace.trainer.replay.ReplayImages;
import dev.millrace.trainer.weights.TrainedNet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class RetrainWorkTest {
    @TempDir
    private Path folder = Path.of("");

    private final List<Progress> told = new ArrayList<>();

    @Test
    void aBaseDataSetThatIsMissingEndsTheRunWithItsReason() throws Exception {
        RetrainRun run = begin("fashion-mnist:" + folder.resolve("none"), "", null, RunSamples.replayed(8, 2));

        Ended ended = work(run);

        assertThat(ended.how()).isEqualTo(Ended.How.FAILED);
        assertThat(ended.reason())
                .startsWith("train: " + folder.resolve("none"))
                .contains("no such file (expected: the four files of fashion-mnist");
        assertThat(RetrainRun.open(run.folder()).failure()).contains(ended.reason());
        assertThat(run.output(Step.TRAIN)).doesNotExist();
        assertThat(work(RetrainRun.open(run.folder()))).isEqualTo(ended);
    }

    @Test
    void anOutputThatCannotBeWrittenEndsTheRunAndIsNotThere() throws Exception {
        RetrainRun run = begin(RunSamples.baseData(folder.resolve("base"), 100), "", null, RunSamples.replayed(8, 2));
        Samples.randomNet(5).save(run.output(Step.TRAIN));
        Files.createDirectories(run.folder().resolve("fp32.onnx.part/taken"));

        Ended ended = work(run);

        assertThat(ended.how()).isEqualTo(Ended.How.FAILED);
        assertThat(ended.reason()).startsWith("export: ").contains("fp32.onnx.part");
        assertThat(run.output(Step.EXPORT)).doesNotExist();
        assertThat(RetrainRun.open(run.folder()).next()).isEmpty();
    }

    @Test
    void replayedImagesThatDoNotFitEndTheRun() throws Exception {
        RetrainRun run = begin(
                RunSamples.baseData(folder.resolve("base"), 100),
                "",
                null,
                ReplayImages.none(RunSamples.bundled().classes(), new ImageShape(32, 32, 1)));

        assertThat(work(run).reason())
                .isEqualTo("train: replayed images: 32x32x1 (expected: 28x28x1, as the network takes)");
    }

    @Test
    void aModelThatComputesSomethingElseThanItsNetworkIsRefused() throws Exception {
        RetrainRun run = begin(RunSamples.baseData(folder.resolve("base"), 100), "", null, RunSamples.replayed(8, 2));
        Samples.randomNet(5).save(run.output(Step.TRAIN));
        Files.write(
                run.output(Step.EXPORT),
                OnnxExport.export(Samples.randomNet(6), "m").toByteArray());

        Ended ended = work(run);

        assertThat(ended.how()).isEqualTo(Ended.How.REFUSED);
        assertThat(ended.reason()).matches("parity: a logit differs by .* \\(expected: at most 1.0E-4\\)");
        assertThat(RetrainRun.open(run.folder()).failure()).contains(ended.reason());
    }

    @Test
    void aCandidateThatHasForgottenIsRefusedWithWhatTheGateFound() throws Exception {
        Champion champion = new Champion(4, BundledModels.read(BundledModels.FASHION_MNIST));
        RetrainRun run = atTheGate(champion);

        Ended ended = work(run);

        assertThat(ended.how()).isEqualTo(Ended.How.REFUSED);
        assertThat(ended.reason()).startsWith("gate: base_drop ").contains("(expected: at most 5.00)");
        assertThat(run.output(Step.GATE)).doesNotExist();
        List<String> checks = RetrainRun.open(run.folder()).checks();
        assertThat(checks).anyMatch(line -> line.startsWith("replay_gain "));
        assertThat(told.stream().filter(Progress.Checked.class::isInstance))
                .containsExactlyElementsOf(
                        checks.stream().<Progress>map(Progress.Checked::new).toList());
    }

    @Test
    void withoutAChampionACandidateThatRunsPasses() throws Exception {
        RetrainRun run = atTheGate(null);

        assertThat(work(run)).isEqualTo(new Ended(Ended.How.PASSED, ""));

        RetrainRun passed = RetrainRun.open(run.folder());
        assertThat(passed.hasCandidate()).isTrue();
        assertThat(passed.checks())
                .contains("base runs: yes", "replay runs: yes")
                .noneMatch(line -> line.contains("drop"));
        assertThat(told).startsWith(new Progress.At(Step.GATE, 0)).endsWith(new Progress.At(Step.GATE, 1));
    }

    @Test
    void aRunWhoseProcessMayUseNoSuchCpuDoesNotStart() throws Exception {
        RetrainRun run = begin("mnist", "limits: {cpus: [9999]}\n", null, RunSamples.replayed(8, 2));

        assertThatThrownBy(() -> RetrainChild.start(run, line -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("9999");
    }

    @Test
    void aRunThatTakesTooLongIsOver() throws Exception {
        RetrainRun run = begin("mnist", "limits: {minutes: 0.001}\n", null, RunSamples.replayed(8, 2));

        try (RetrainChild child = RetrainChild.start(run, line -> {})) {
            Ended ended = child.await();

            assertThat(ended).isEqualTo(new Ended(Ended.How.FAILED, "stopped: no end after 0.06 s (limits)"));
        }
        assertThat(RetrainRun.open(run.folder()).isOver()).isTrue();
    }

    @Test
    void whatIsToldComesBackAsItWas() {
        for (Progress line : List.of(
                new Progress.At(Step.QUANTIZE, 0.25),
                new Progress.Checked("top1 \"0.9\""),
                new Progress.End(new Ended(Ended.How.STOPPED, "")))) {
            assertThat(line.json()).doesNotContain("\n");
            assertThat(Progress.of(line.json())).contains(line);
        }
        assertThat(Progress.of("a library's words")).isEmpty();
        assertThat(Progress.of("null")).isEmpty();
    }

    /** Of an untrained net. */
    private RetrainRun atTheGate(@Nullable Champion champion) throws IOException {
        RetrainRun run =
                begin(RunSamples.baseData(folder.resolve("base"), 200), "", champion, RunSamples.replayed(8, 20));
        TrainedNet net = Samples.randomNet(5);
        byte[] onnx = OnnxExport.export(net, "m").toByteArray();
        net.save(run.output(Step.TRAIN));
        Files.write(run.output(Step.EXPORT), onnx);
        Files.writeString(run.output(Step.PARITY), "{}");
        Files.write(run.output(Step.QUANTIZE), onnx);
        return run;
    }

    private RetrainRun begin(String dataset, String more, @Nullable Champion champion, ReplayImages replayed)
            throws IOException {
        return new Runs(folder.resolve("runs"), new Weights(folder.resolve("weights")))
                .begin(RunSamples.beginning("a", RunSamples.spec(dataset, more), champion, replayed));
    }

    private Ended work(RetrainRun run) throws InterruptedException {
        return new RetrainWork(run, told::add, () -> false).run();
    }
}

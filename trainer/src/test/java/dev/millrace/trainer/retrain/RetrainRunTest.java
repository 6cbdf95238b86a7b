package dev.millrace.trainer.retrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.Samples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetrainRunTest {
    @TempDir
    private Path folder = Path.of("");

    private Weights weights = new Weights(folder);
    private Runs runs = new Runs(folder, weights);

    @BeforeEach
    void inTheFolder() {
        weights = new Weights(folder.resolve("weights"));
        runs = new Runs(folder.resolve("runs"), weights);
    }

    @Test
    void doesEveryStepOnceInOrder() throws Exception {
        RetrainRun run = begin("a", "", null);

        for (Step step : Step.values()) {
            assertThat(run.next()).contains(step);
            assertThat(run.hasCandidate()).isFalse();
            Files.writeString(run.output(step), "[]");
            run = RetrainRun.open(run.folder());
        }

        assertThat(run.next()).isEmpty();
        assertThat(run.hasCandidate()).isTrue();
        assertThat(run.isOver()).isFalse();
        RetrainRun published = run.published(7);
        assertThat(published.version()).hasValue(7);
        assertThat(published.isOver()).isTrue();
        assertThat(RetrainRun.open(run.folder()).hasCandidate()).isFalse();
    }

    @Test
    void whatIsBesideAnOutputIsNoOutput() throws Exception {
        RetrainRun run = begin("a", "", null);

        Files.writeString(run.folder().resolve("trained.safetensors.part"), "half of it");

        assertThat(run.next()).contains(Step.TRAIN);
    }

    @Test
    void aRunThatHasFailedStaysSo() throws Exception {
        RetrainRun run = begin("a", "", null);

        RetrainRun failed = run.failed(Step.GATE, "gate: base_drop 7.00 points", List.of("base_drop 7.00 points"));

        for (RetrainRun seen : List.of(failed, RetrainRun.open(run.folder()))) {
            assertThat(seen.next()).isEmpty();
            assertThat(seen.failure()).contains("gate: base_drop 7.00 points");
            assertThat(seen.checks()).containsExactly("base_drop 7.00 points");
            assertThat(seen.isOver()).isTrue();
            assertThat(seen.hasCandidate()).isFalse();
        }
    }

    @Test
    void remembersWhatItBeganWith() throws Exception {
        Champion champion = RunSamples.champion(null, folder);
        RetrainRun run = begin("a", "", champion);

        assertThat(run.id()).isEqualTo("a");
        assertThat(run.why()).isEqualTo("2,000 labels");
        assertThat(run.created()).isEqualTo(RunSamples.AT);
        assertThat(run.champion()).hasValue(1);
        assertThat(run.championModel()).isEqualTo(champion.onnx());
        assertThat(run.replayed().train().size()).isEqualTo(8);
        assertThat(run.lineage())
                .containsEntry("retrain.run", "a")
                .containsEntry("retrain.why", "2,000 labels")
                .containsEntry("retrain.champion", "1")
                .containsEntry("retrain.champion.sha256", champion.sha256())
                .containsEntry("retrain.replayed", "8")
                .containsEntry("retrain.held-out", "2");
        assertThat(runs.find("a").orElseThrow().spec()).isEqualTo(run.spec());
    }

    @Test
    void goesOnFromTheChampionsWeightsElseFromTheSpecsElseFromScratch() throws Exception {
        Path base = folder.resolve("base.safetensors");
        Samples.randomNet(6).save(base);
        String named = "train: {seed: 1}\n";
        String withBase = "base: {dataset: mnist, weights: %s}\n".formatted(base);
        Champion known = RunSamples.champion(weights, folder);
        Champion unknown = new Champion(2, new byte[] {1});

        assertThat(initial("a", withBase, known))
                .isEqualTo(Files.readAllBytes(weights.of(known.sha256()).orElseThrow()));
        assertThat(initial("b", withBase, unknown)).isEqualTo(Files.readAllBytes(base));
        assertThat(initial("c", withBase, null)).isEqualTo(Files.readAllBytes(base));
        assertThat(begin("d", named, unknown).initial()).isEmpty();
    }

    private byte[] initial(String id, String base, @Nullable Champion champion) throws IOException {
        RetrainSpec spec = RetrainSpec.parse("model: m\n" + base, "retrain.yaml");
        RetrainRun run = runs.begin(RunSamples.beginning(id, spec, champion, RunSamples.replayed(8, 2)));
        return Files.readAllBytes(run.initial().orElseThrow());
    }

    @Test
    void refusesToBeginWithoutTheWeightsThatTheSpecNamesAndLeavesNothing() throws Exception {
        RetrainSpec spec =
                RetrainSpec.parse("model: m\nbase: {dataset: mnist, weights: /none/w.safetensors}\n", "spec");

        assertThatThrownBy(() -> runs.begin(RunSamples.beginning("a", spec, null, RunSamples.replayed(8, 2))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("base.weights: /none/w.safetensors: no such file");
        assertThat(runs.find("a")).isEmpty();
        assertThat(folder.resolve("runs")).isEmptyDirectory();
    }

    @Test
    void beginsARunOnce() throws Exception {
        RetrainRun run = begin("a", "", null);
        Files.writeString(run.output(Step.TRAIN), "done");

        assertThat(begin("a", "train: {seed: 9}\n", null).next()).contains(Step.EXPORT);
        assertThat(runs.all()).hasSize(1);
    }

    @Test
    void oldRunsGoUntilAllTogetherTakeNoMoreThanTheyMay() throws Exception {
        for (int i = 1; i <= 4; i++) {
            RetrainSpec spec = RunSamples.spec("mnist", "");
            Beginning beginning =
                    new Beginning("e" + i, spec, "", RunSamples.AT.plusSeconds(i), null, RunSamples.replayed(8, 2));
            RetrainRun run = runs.begin(beginning);
            Files.write(run.output(Step.TRAIN), new byte[400_000]);
        }
        assertThat(ids()).containsExactly("e1", "e2", "e3", "e4");

        begin("5", "limits: {disk_mib: 1}\n", null);

        assertThat(ids()).containsExactly("5", "e3", "e4");
        runs.sweep("e3", 0);
        assertThat(ids()).containsExactly("e3");
    }

    private List<String> ids() throws IOException {
        return runs.all().stream().map(RetrainRun::id).sorted().toList();
    }

    @Test
    void whatCrashesHaveLeftGoes() throws Exception {
        RetrainRun run = begin("a", "", null);
        Path begun = Files.createDirectories(folder.resolve("runs").resolve(UUID.randomUUID() + ".part"));
        Files.writeString(begun.resolve(RetrainRun.CHAMPION), "half of it");
        Path deleted = Files.createDirectories(
                folder.resolve("runs").resolve(UUID.randomUUID().toString()));

        runs.sweep("a", Long.MAX_VALUE);

        assertThat(run.folder()).isDirectory();
        assertThat(begun).doesNotExist();
        assertThat(deleted).doesNotExist();
    }

    @Test
    void refusesToBeginWhereTheSpecLeavesNoRoom() throws Exception {
        assertThatThrownBy(() -> runs.begin(RunSamples.beginning(
                        "a", RunSamples.spec("mnist", "limits: {disk_mib: 1}\n"), null, RunSamples.replayed(1_500, 2))))
                .isInstanceOf(IOException.class)
                .hasMessage("limits.disk_mib: 1 (expected: at least the 2 MiB that the run begins with)");
        assertThat(folder.resolve("runs")).isEmptyDirectory();
    }

    @Test
    void keepsTheWeightsThatWereLastKeptOrGoneOnFrom() throws Exception {
        List<String> names = List.of("a", "b", "c", "d", "e").stream()
                .map(name -> name.repeat(64))
                .toList();
        for (int i = 0; i < 3; i++) {
            weights.keep(names.get(i), Files.writeString(folder.resolve("w"), "weights " + i));
            age(names.get(i), 10 - i);
        }

        assertThat(weights.of(names.get(0)))
                .hasValueSatisfying(file -> assertThat(file).hasContent("weights 0"));
        weights.keep(names.get(3), Files.writeString(folder.resolve("w"), "weights 3"));

        assertThat(weights.of(names.get(0))).isPresent();
        assertThat(weights.of(names.get(1))).isEmpty();
        assertThat(weights.of(names.get(2))).isPresent();
        assertThat(weights.of(names.get(3))).isPresent();
        assertThat(weights.of(names.get(4))).isEmpty();
    }

    private void age(String sha256, int minutes) throws IOException {
        Path file = folder.resolve("weights").resolve(sha256 + ".safetensors");
        Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis() - minutes * 60_000L));
    }

    private RetrainRun begin(String id, String more, @Nullable Champion champion) throws IOException {
        return runs.begin(
                RunSamples.beginning(id, RunSamples.spec("mnist", more), champion, RunSamples.replayed(8, 2)));
    }
}

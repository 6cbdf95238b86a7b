package dev.millrace.trainer.retrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.rollout.RolloutCommand;
import dev.millrace.trainer.rollout.TrialCommand;
import dev.millrace.trainer.rollout.VersionName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetrainSpecTest {
    private static final String LEAST = "model: m\nbase: {dataset: fashion-mnist}\n";

    @TempDir
    private Path folder = Path.of("");

    static RetrainSpec parsed(String text) throws IOException {
        return RetrainSpec.parse(text, "retrain.yaml");
    }

    @Test
    void theExampleSaysEveryKeyAndItsTextMeansTheSame() throws Exception {
        RetrainSpec example = parsed(RetrainSpec.example());

        assertThat(parsed(example.text())).isEqualTo(example);
        assertThat(keys(example.text())).isEqualTo(keys(RetrainSpec.example()));
        assertThat(example.limits().cpus()).as("any machine can do it").isEmpty();
        assertThat(example.base().weights()).as("none are there").isNull();
        assertThat(example.trigger().every()).isEqualTo(Duration.ofHours(24));
    }

    private static List<String> keys(String yaml) {
        return yaml.lines()
                .filter(line -> line.matches("\\s*(# )?[a-z_]+:.*"))
                .map(line -> line.substring(0, line.indexOf(':')))
                .toList();
    }

    @Test
    void keepsTheDefaultsOfWhatAFileLeavesOut() throws Exception {
        RetrainSpec least = parsed(LEAST);

        assertThat(least.train()).isEqualTo(RetrainSpec.Train.DEFAULT);
        assertThat(least.rollout()).isNull();
        assertThat(least.base().images()).isNull();
        assertThat(least.trigger().labels()).isNull();
        assertThat(least.trigger().every()).isNull();
        assertThat(parsed(least.text())).isEqualTo(least);
    }

    @Test
    void findsWeightsBesideTheFileAndTakesPathsWithColonsAndSpaces() throws Exception {
        Path file = Files.writeString(
                folder.resolve("retrain.yaml"),
                "model: m\nbase:\n  dataset: \"folder:/data/my pictures: 100% cats\"\n  weights: w/model.safetensors\n");

        Path weights = folder.toAbsolutePath().resolve("w/model.safetensors");
        assertThatThrownBy(() -> RetrainSpec.read(file))
                .isInstanceOf(IOException.class)
                .hasMessage("%s: base.weights: %s: no such file (expected: weights of `train`)", file, weights);
        Files.createDirectory(folder.resolve("w"));
        Files.createFile(weights);

        RetrainSpec spec = RetrainSpec.read(file);

        assertThat(spec.base().weights()).isEqualTo(weights);
        assertThat(spec.base().dataset()).isEqualTo(new DatasetSpec("folder", Path.of("/data/my pictures: 100% cats")));
        assertThat(parsed(spec.text())).isEqualTo(spec);
    }

    @Test
    void saysWhatBecomesOfAVersion() throws Exception {
        assertThat(rollout("{kind: canary, steps: [10%, 50%], hold: 1m}"))
                .isEqualTo(new TrialCommand.Canary(
                        "m",
                        VersionName.of(3),
                        List.of(1_000, 5_000),
                        Duration.ofMinutes(1),
                        TrialCommand.Choice.BY_REQUEST));
        assertThat(rollout("{kind: shadow, steps: [0.5%]}"))
                .isEqualTo(new TrialCommand.Shadow("m", VersionName.of(3), 50, TrialCommand.Choice.BY_REQUEST));
        assertThat(rollout("{kind: promote}")).isEqualTo(new RolloutCommand.Promote("m", VersionName.of(3)));
    }

    private static RolloutCommand rollout(String yaml) throws IOException {
        RetrainSpec spec = parsed(LEAST + "rollout: " + yaml + "\n");
        assertThat(parsed(spec.text())).isEqualTo(spec);
        RetrainSpec.Rollout rollout = spec.rollout();
        assertThat(rollout).isNotNull();
        return rollout.command("m", 3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "architecture: lenet | architecture: lenet (expected: one of [resnet-micro",
                "train: {epochs: 0} | train.epochs: 0 (expected: from 1)",
                "train: {batch: 1} | train.batch: 1 (expected: from 2)",
                "train: {learning_rate: -1} | train.learning_rate: -1.0 (expected: a number above 0)",
                "train: {flip: up} | train.flip: up (expected: never, random, alternating)",
                "replay: {share: 1} | replay.share: 1.0 (expected: 0 to 0.95)",
                "replay: {held_out: 0} | replay.held_out: 0.0 (expected: above 0, to 0.5)",
                "trigger: {every: daily} | trigger.every: daily (expected: a time such as 30s, 2m or 1h, or 0)",
                "trigger: {every: 0} | trigger.every: 0 (expected: a time such as 6h)",
                "trigger: {label: 5} | trigger.label: unknown (expected: every, labels, least_labels)",
                "drift: {confidence_drop: 2} | drift.confidence_drop: 2.0 (expected: above 0, to 1)",
                "gate: {base_drop: -1} | gate.base_drop: -1.0 (expected: 0 to 100 points)",
                "gate: {replay_gain: 101} | gate.replay_gain: 101.0 (expected: -100 to 100 points)",
                "limits: {memory_mib: 100} | limits.memory_mib: 100 (expected: from 512)",
                "limits: {cpus: [-1]} | limits.cpus: -1 (expected: from 0)",
                "limits: {cpus: a-b} | limits.cpus: a-b (expected: a list)",
                "limits: {cpus: 1} | limits.cpus: 1 (expected: a list)",
                "limits: {cpus: [a-b]} | limits.cpus.0: a-b (expected: a whole number)",
                "limits: {cpus: []} | limits.cpus: none (expected: numbers of CPUs, such as [0, 1]; any without this key)",
                "limits: {cpus: ['']} | limits.cpus: null (expected: numbers of CPUs)",
                "limits: {cpus: {a: 1}} | limits.cpus: not of that kind (expected: a list)",
                "limits: 5 | limits: 5 (expected: keys and values)",
                "limits: {threads: many} | limits.threads: many (expected: a whole number)",
                "rollout: {steps: [10%]} | rollout.kind: absent (expected: canary, shadow or promote)",
                "rollout: {kind: canary} | rollout.steps: 0 of them (expected: 1 or more of a canary)",
                "rollout: {kind: canary, steps: [50%, 10%]} | rollout.steps: [50%, 10%] (expected: each larger",
                "rollout: {kind: canary, steps: [10]} | rollout.steps: 10 (expected: a share such as 1%",
                "speed: 2 | speed: unknown (expected: architecture, base, drift, gate, limits, model, replay, rollout, train, trigger)"
            })
    void namesTheKeyOfAnError(String text, String message) {
        assertThatThrownBy(() -> parsed(LEAST + text + "\n"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "base: {dataset: mnist} | model: absent (expected: a model name",
                "model: M | base: absent",
                "model: Big, base: {dataset: mnist} | model name: Big (expected:",
                "model: m, base: {images: 5} | base.dataset: absent (expected: cifar100",
                "model: m, base: {dataset: imagenet} | base.dataset: imagenet (expected: cifar100",
                "model: m, base: {dataset: mnist, images: 0} | base.images: 0 (expected: from 1)"
            })
    void namesWhatIsMissing(String text, String message) {
        assertThatThrownBy(() -> parsed("{" + text + "}"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(message);
    }
}

package dev.millrace.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.Samples;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.net.Architecture;
import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.torch.Compute;
import dev.millrace.trainer.weights.TrainedNet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingRunTest {
    private static final Recipe RECIPE =
            new Recipe(3, 64, 0.1, 0.9, 5e-4, 0.1, 0, new Augmentation(Augmentation.Flip.RANDOM, 1, 4), 7);

    @TempDir
    private Path folder = Path.of("");

    @Test
    void learnsAndKeepsTheBestEpoch() throws Exception {
        Steps steps = new Steps();

        Optional<EpochReport> best = run("a", RECIPE, steps, Integer.MAX_VALUE);

        assertThat(steps.losses).hasSize(30);
        assertThat(steps.reports).hasSize(3);
        assertThat(steps.reports.get(2).trainingLoss())
                .isLessThan(steps.reports.get(0).trainingLoss());
        double highest = steps.reports.stream()
                .mapToDouble(EpochReport::validationTop1)
                .max()
                .orElseThrow();
        assertThat(best).hasValueSatisfying(report -> assertThat(report.validationTop1())
                .isEqualTo(highest));
        assertThat(highest).as("chance is 0.1").isGreaterThan(0.3);
        assertThat(Files.readAllLines(folder.resolve("a/metrics.jsonl"))).hasSize(3);
        assertThat(TrainedNet.load(folder.resolve("a/model.safetensors")).lineage())
                .containsEntry("architecture", "resnet-micro")
                .containsKeys("dataset.sha256", "recipe", "metrics.top1.validation");
    }

    @Test
    void stoppedInTheMiddleOfAnEpochItGoesOnToTheSameResult() throws Exception {
        Recipe averaging =
                new Recipe(3, 64, 0.1, 0.9, 5e-4, 0.1, 0.9, new Augmentation(Augmentation.Flip.ALTERNATING, 1, 4), 7);
        run("whole", averaging, new Steps(), Integer.MAX_VALUE);

        assertThat(run("parts", averaging, new Steps(), 14)).isEmpty();
        assertThat(run("parts", averaging, new Steps(), 9)).isEmpty();
        Steps last = new Steps();
        run("parts", averaging, last, Integer.MAX_VALUE);

        assertThat(last.done).isEqualTo(23);
        Checkpoint whole = Checkpoint.load(folder.resolve("whole/checkpoint.safetensors"));
        Checkpoint parts = Checkpoint.load(folder.resolve("parts/checkpoint.safetensors"));
        assertThat(parts.state()).isEqualTo(whole.state());
        assertThat(parts.history())
                .extracting(EpochReport::trainingLoss)
                .isEqualTo(
                        whole.history().stream().map(EpochReport::trainingLoss).toList());
        assertThat(TrainedNet.load(folder.resolve("parts/model.safetensors")))
                .isEqualTo(TrainedNet.load(folder.resolve("whole/model.safetensors")));
    }

    @Test
    void refusesTheCheckpointOfAnotherRun() throws Exception {
        run("a", RECIPE, new Steps(), 1);
        Recipe other = new Recipe(3, 64, 0.2, 0.9, 5e-4, 0.1, 0, Augmentation.NONE, 7);

        assertThatThrownBy(() -> run("a", other, new Steps(), 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("another folder");
    }

    @Test
    void refusesABatchLargerThanTheData() {
        Recipe recipe = new Recipe(1, 1_000, 0.1, 0.9, 5e-4, 0.1, 0, Augmentation.NONE, 7);

        assertThatThrownBy(() -> run("a", recipe, new Steps(), 1)).hasMessageContaining("batch: 1000");
    }

    private Optional<EpochReport> run(String name, Recipe recipe, TrainingListener listener, int stopAfter)
            throws Exception {
        Dataset data = Samples.dataset();
        Network network =
                Architecture.RESNET_MICRO.network(data.shape(), data.classes().size());
        AtomicInteger looks = new AtomicInteger();
        return new TrainingRun(data, network, recipe, Compute.exact(1), folder.resolve(name), listener)
                .run(() -> looks.getAndIncrement() >= stopAfter);
    }

    private static final class Steps implements TrainingListener {
        private final List<Double> losses = new ArrayList<>();
        private final List<EpochReport> reports = new ArrayList<>();
        private long done = -1;

        @Override
        public void started(long steps, long alreadyDone) {
            done = alreadyDone;
        }

        @Override
        public void stepped(int epoch, double loss) {
            losses.add(loss);
        }

        @Override
        public void finished(EpochReport report) {
            reports.add(report);
        }
    }
}

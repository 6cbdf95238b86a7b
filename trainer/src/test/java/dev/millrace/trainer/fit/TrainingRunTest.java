package dev.millrace.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.Samples;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetException;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.Split;
import dev.millrace.trainer.export.OnnxExport;
import dev.millrace.trainer.net.Architecture;
import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.net.Normalization;
import dev.millrace.trainer.torch.Compute;
import dev.millrace.trainer.torch.TorchNet;
import dev.millrace.trainer.weights.FloatTensor;
import dev.millrace.trainer.weights.InitialWeights;
import dev.millrace.trainer.weights.PretrainedWeights;
import dev.millrace.trainer.weights.TrainedNet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
        assertThat(Files.readString(folder.resolve("a/learning-curve.svg")))
                .contains("resnet-micro on fashion-mnist", "validation top-1", "training loss");
        assertThat(Files.readString(folder.resolve("a/confusion.svg")))
                .contains("resnet-micro, epoch %d: 100 validation images"
                        .formatted(best.orElseThrow().epoch()));
        assertThat(TrainedNet.load(folder.resolve("a/model.safetensors")).lineage())
                .containsEntry("architecture", "resnet-micro")
                .containsKeys("dataset.sha256", "recipe", "metrics.top1.validation");
    }

    @Test
    void stoppedInTheMiddleOfAnEpochItGoesOnToTheSameResult() throws Exception {
        Recipe averaging = new Recipe(
                3, 64, 0.1, 0.9, 5e-4, 0.1, 0.9, new Augmentation(Augmentation.Flip.ALTERNATING, 1, 4, 0.5), 7);
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
    void fineTuningTrainsTheClassifierAloneAtFirst() throws Exception {
        PretrainedWeights pretrained = pretrained(9);

        run("tuned", tuned(RECIPE, new FineTuning(pretrained, 3, 0.01)), new Steps(), Integer.MAX_VALUE);

        TrainedNet tuned = TrainedNet.load(folder.resolve("tuned/model.safetensors"));
        pretrained
                .weights()
                .forEach((name, tensor) -> assertThat(tuned.weights()).as(name).containsEntry(name, tensor));
        assertThat(tuned.weights().get("logits.bias")).isNotEqualTo(FloatTensor.filled(0, 10));
        assertThat(tuned.normalization()).isEqualTo(new Normalization(90, 1 / 64f));
        assertThat(tuned.lineage()).containsEntry("init.sha256", pretrained.sha256());
    }

    @Test
    void fineTuningStoppedOnBothSidesOfTheThawGoesOnToTheSameResult() throws Exception {
        FineTuning tuning = new FineTuning(pretrained(9), 1, 0.02);
        Recipe recipe = new Recipe(2, 64, 0.1, 0.9, 5e-4, 0.1, 0, Augmentation.NONE, 7);
        run("whole", tuned(recipe, tuning), new Steps(), Integer.MAX_VALUE);

        assertThat(run("parts", tuned(recipe, tuning), new Steps(), 7)).isEmpty();
        assertThat(run("parts", tuned(recipe, tuning), new Steps(), 9)).isEmpty();
        run("parts", tuned(recipe, tuning), new Steps(), Integer.MAX_VALUE);

        Checkpoint whole = Checkpoint.load(folder.resolve("whole/checkpoint.safetensors"));
        Checkpoint parts = Checkpoint.load(folder.resolve("parts/checkpoint.safetensors"));
        assertThat(parts.state()).isEqualTo(whole.state());
        assertThat(whole.state().weights().get("stem_conv.weight"))
                .isNotEqualTo(tuning.from().weights().get("stem_conv.weight"));
    }

    @Test
    void fineTuningIsPartOfWhichRunItIs() throws Exception {
        PretrainedWeights pretrained = pretrained(9);
        run("a", tuned(RECIPE, new FineTuning(pretrained, 1, 0.02)), new Steps(), 1);

        for (FineTuning other : List.of(
                new FineTuning(pretrained, 2, 0.02),
                new FineTuning(pretrained, 1, 0.01),
                new FineTuning(pretrained(8), 1, 0.02))) {
            assertThatThrownBy(() -> run("a", tuned(RECIPE, other), new Steps(), 1))
                    .hasMessageContaining("another folder");
        }
        assertThatThrownBy(() -> run("a", RECIPE, new Steps(), 1)).hasMessageContaining("another folder");
    }

    /** What a run without pretrained weights and at the size of its images was called from the first version on. */
    @Test
    void aPlainRunsIdentityStaysAsItWas() throws Exception {
        run("a", RECIPE, new Steps(), 1);

        assertThat(Checkpoint.load(folder.resolve("a/checkpoint.safetensors")).identity())
                .isEqualTo("resnet-micro %s %s %s"
                        .formatted(
                                Samples.dataset().name(),
                                Samples.dataset().sha256().substring(0, 16),
                                "{'epochs':3,'batch':64,'peakLearningRate':0.1,'momentum':0.9,'weightDecay':5.0E-4,'labelSmoothing':0.1,'averaging':0.0,'augmentation':{'flip':'RANDOM','shift':1,'erase':4},'seed':7}"
                                        .replace('\'', '"')));
    }

    @Test
    void learnsFromSmallImagesAtFirst() throws Exception {
        Recipe recipe =
                new Recipe(3, 64, 0.1, 0.9, 5e-4, 0.1, 0, Augmentation.NONE, 7, new ProgressiveResizing(0.5, 2), null);
        Steps steps = new Steps();
        run("whole", recipe, steps, Integer.MAX_VALUE);
        assertThat(run("parts", recipe, new Steps(), 14)).isEmpty();
        run("parts", recipe, new Steps(), Integer.MAX_VALUE);

        assertThat(Files.readAllBytes(folder.resolve("parts/model.safetensors")))
                .isEqualTo(Files.readAllBytes(folder.resolve("whole/model.safetensors")));
        assertThat(steps.reports.get(2).validationTop1()).as("chance is 0.1").isGreaterThan(0.3);
        assertThat(TrainedNet.load(folder.resolve("whole/model.safetensors"))
                        .lineage()
                        .get("recipe"))
                .contains("\"progressive\":{\"scale\":0.5,\"epochs\":2}");
    }

    @Test
    void refusesSmallImagesToTheEndAndSuchAsAreTooSmall() throws Exception {
        assertThatThrownBy(() -> new Recipe(
                        3, 64, 0.1, 0.9, 5e-4, 0.1, 0, Augmentation.NONE, 7, new ProgressiveResizing(0.5, 3), null))
                .hasMessage("small epochs: 3 (expected: fewer than the 3 epochs)");
        Recipe tiny =
                new Recipe(3, 64, 0.1, 0.9, 5e-4, 0.1, 0, Augmentation.NONE, 7, new ProgressiveResizing(0.1, 2), null);
        Dataset data = Samples.dataset();
        Network vgg = Architecture.VGG.network(data.shape(), data.classes().size());

        assertThatThrownBy(() -> new TrainingRun(
                        data, vgg, TrainingPlan.fromScratch(tiny), Compute.exact(1), folder.resolve("a"), new Steps()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("small images, 3x3x1: stage2_pool: reads 1x1 (expected: at least 2x2");
    }

    @Test
    void holdsOutWhatTheRecipeSays() throws Exception {
        Recipe recipe = new Recipe(1, 64, 0.1, 0.9, 5e-4, 0.1, 0, Augmentation.NONE, 7, null, 50);
        run("a", recipe, new Steps(), Integer.MAX_VALUE);

        assertThat(Files.readString(folder.resolve("a/confusion.svg"))).contains("50 validation images");
        Recipe tooMany = new Recipe(1, 64, 0.1, 0.9, 5e-4, 0.1, 0, Augmentation.NONE, 7, null, 101);
        assertThatThrownBy(() -> run("b", tooMany, new Steps(), 1))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("held out: 101 of fashion-mnist (expected: 1 to 100)");
    }

    /** The teacher says "class 3" to everything. */
    @Test
    void aTeacherWithAllTheWeightTeachesWhatItSays() throws Exception {
        Recipe recipe = new Recipe(2, 64, 0.1, 0.9, 5e-4, 0, 0, Augmentation.NONE, 7);

        run("student", taught(recipe, teacher(3), 1, 1), new Steps(), Integer.MAX_VALUE);

        Dataset data = Samples.dataset();
        TrainedNet student = TrainedNet.load(folder.resolve("student/model.safetensors"));
        byte[] pixels = data.images(Split.TEST).image(0);
        TorchNet torch = new TorchNet(student.network(), student.normalization(), student.weights(), Compute.exact(1));
        float[] logits = torch.logits(pixels, 1);
        torch.close();
        for (int c = 0; c < logits.length; c++) {
            assertThat(logits[3]).isGreaterThanOrEqualTo(logits[c]);
        }
        assertThat(student.lineage())
                .containsEntry("teacher.name", "teacher")
                .containsEntry("teacher.weight", "1.0")
                .containsKey("teacher.sha256");
    }

    @Test
    void distillationStoppedGoesOnToTheSameResult() throws Exception {
        Recipe recipe = new Recipe(1, 64, 0.1, 0.9, 5e-4, 0.1, 0, new Augmentation(Augmentation.Flip.RANDOM, 1, 4), 7);
        TrainingPlan plan = taught(recipe, teacher(2), 0.5, 2);
        run("whole", plan, new Steps(), Integer.MAX_VALUE);

        assertThat(run("parts", plan, new Steps(), 4)).isEmpty();
        run("parts", plan, new Steps(), Integer.MAX_VALUE);

        assertThat(Files.readAllBytes(folder.resolve("parts/model.safetensors")))
                .isEqualTo(Files.readAllBytes(folder.resolve("whole/model.safetensors")));
        for (TrainingPlan other : List.of(
                TrainingPlan.fromScratch(recipe),
                taught(recipe, teacher(2), 0.4, 2),
                taught(recipe, teacher(1), 0.5, 2))) {
            assertThatThrownBy(() -> run("parts", other, new Steps(), 1)).hasMessageContaining("another folder");
        }
    }

    @Test
    void refusesATeacherOfOtherClassesOrImages() throws Exception {
        Dataset data = Samples.dataset();
        Network smaller = Architecture.RESNET_MICRO.network(new ImageShape(20, 20, 1), 10);
        TrainingPlan wrongImages = taught(RECIPE, Samples.randomNet(smaller, 1), 0.5, 2);
        assertThatThrownBy(() -> run("a", wrongImages, new Steps(), 1))
                .hasMessageContaining("20x20x1 (expected: 28x28x1)");

        Network fewer = Architecture.RESNET_MICRO.network(data.shape(), 2);
        TrainingPlan wrongClasses = taught(
                RECIPE,
                new TrainedNet(
                        fewer, new Normalization(0, 1), List.of("a", "b"), InitialWeights.of(fewer, 1), Map.of()),
                0.5,
                2);
        assertThatThrownBy(() -> run("a", wrongClasses, new Steps(), 1))
                .hasMessageContaining("teacher: for 2 classes (expected: 10, as the data set has)");
        assertThat(folder.resolve("a")).doesNotExist();
    }

    @Test
    void imagesAreResizedToWhatTheNetworkReads() throws Exception {
        Dataset data = Samples.dataset();
        Network network = Architecture.RESNET_MICRO.network(
                new ImageShape(12, 12, 3), data.classes().size());
        AtomicInteger looks = new AtomicInteger();
        Recipe recipe = new Recipe(1, 64, 0.1, 0.9, 5e-4, 0.1, 0, Augmentation.NONE, 7);

        new TrainingRun(
                        data,
                        network,
                        TrainingPlan.fromScratch(recipe),
                        Compute.exact(1),
                        folder.resolve("small"),
                        new Steps())
                .run(() -> looks.getAndIncrement() >= 2);

        assertThat(Checkpoint.load(folder.resolve("small/checkpoint.safetensors"))
                        .identity())
                .endsWith(" input=12x12x3");
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

    /** A network that always answers one class. */
    private static TrainedNet teacher(int answer) throws Exception {
        Dataset data = Samples.dataset();
        Network network =
                Architecture.RESNET_MICRO.network(data.shape(), data.classes().size());
        Map<String, FloatTensor> weights = new HashMap<>(InitialWeights.of(network, 1));
        float[] bias = new float[data.classes().size()];
        bias[answer] = 20;
        weights.put("logits.bias", new FloatTensor(new long[] {bias.length}, bias));
        return new TrainedNet(network, new Normalization(90, 1 / 64f), data.classes(), weights, Map.of());
    }

    private static TrainingPlan taught(Recipe recipe, TrainedNet teacher, double weight, double temperature)
            throws Exception {
        byte[] onnx = OnnxExport.export(teacher, "teacher").toByteArray();
        return new TrainingPlan(recipe, null, Distillation.by(onnx, weight, temperature));
    }

    /** Of a network for other classes, on pixels around 90. */
    private PretrainedWeights pretrained(long seed) throws Exception {
        Dataset data = Samples.dataset();
        Network other = Architecture.RESNET_MICRO.network(data.shape(), 3);
        Path file = folder.resolve("pretrained-" + seed);
        new TrainedNet(
                        other,
                        new Normalization(90, 1 / 64f),
                        List.of("a", "b", "c"),
                        InitialWeights.of(other, seed),
                        Map.of())
                .save(file);
        return PretrainedWeights.read(
                file,
                Architecture.RESNET_MICRO.network(data.shape(), data.classes().size()));
    }

    private Optional<EpochReport> run(String name, Recipe recipe, TrainingListener listener, int stopAfter)
            throws Exception {
        return run(name, TrainingPlan.fromScratch(recipe), listener, stopAfter);
    }

    private static TrainingPlan tuned(Recipe recipe, FineTuning tuning) {
        return new TrainingPlan(recipe, tuning, null);
    }

    private Optional<EpochReport> run(String name, TrainingPlan plan, TrainingListener listener, int stopAfter)
            throws Exception {
        Dataset data = Samples.dataset();
        Network network =
                Architecture.RESNET_MICRO.network(data.shape(), data.classes().size());
        AtomicInteger looks = new AtomicInteger();
        return new TrainingRun(data, network, plan, Compute.exact(1), folder.resolve(name), listener)
                .run(() -> looks.getAndIncrement() >= stopAfter);
    }

    private static final class Steps implements TrainingListener {
        private final List<Double> losses = new ArrayList<>();
        private final List<EpochReport> reports = new ArrayList<>();
        private long done = -1;

        @Override
        public void started(long steps, long alreadyDone, List<EpochReport> history) {
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

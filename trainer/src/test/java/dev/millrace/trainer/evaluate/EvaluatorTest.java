package dev.millrace.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.trainer.Samples;
import dev.millrace.trainer.TinyGraphs;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.onnx.PixelInput;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluatorTest {
    @Test
    void countsPrecisionAndRecallPerClass() {
        ConfusionMatrix confusion = new ConfusionMatrix(List.of("cat", "dog", "eel"));
        confusion.add(0, 0);
        confusion.add(0, 0);
        confusion.add(0, 1);
        confusion.add(1, 1);

        assertThat(confusion.classes(1))
                .containsExactly(
                        new ClassReport("cat", 3, 1, 2 / 3.0, 0.8),
                        new ClassReport("dog", 1, 0.5, 1, 2 / 3.0),
                        new ClassReport("eel", 0, 0, 0, 0));
    }

    @Test
    void classReportsAddUpToTheWhole() throws Exception {
        Dataset data = Samples.dataset();

        Evaluation evaluation =
                new Evaluator(data.test(), data.classes()).evaluate(BundledModels.read(BundledModels.FASHION_MNIST));

        double right = evaluation.classes().stream()
                .mapToDouble(report -> report.recall() * report.images())
                .sum();
        assertThat(right / evaluation.images()).isEqualTo(evaluation.top1(), within(1e-9));
        assertThat(evaluation.imagesPerSecond()).isPositive();
    }

    @Test
    void namesThePairsThatAreConfusedMostFirst() {
        ConfusionMatrix confusion = new ConfusionMatrix(List.of("cat", "dog", "eel"));
        confusion.add(0, 1);
        confusion.add(1, 0);
        confusion.add(1, 0);
        confusion.add(1, 1);
        confusion.add(2, 2);

        assertThat(confusion.mostConfused(5))
                .containsExactly(new ConfusedPair("dog", "cat", 2, 2 / 3.0), new ConfusedPair("cat", "dog", 1, 1));
        assertThat(confusion.mostConfused(1)).hasSize(1);
    }

    @Test
    void reportsTestTimeFlipBesideThePlainFiguresAndLeavesThoseAlone() throws Exception {
        Dataset data = Samples.dataset();
        byte[] onnx = BundledModels.read(BundledModels.FASHION_MNIST);
        EvaluationOptions flip = new EvaluationOptions(Metrics.DEFAULT, PixelInput.AS_THE_MODEL_SAYS, true, 8);

        Evaluation plain = new Evaluator(data.test(), data.classes()).evaluate(onnx);
        Evaluation flipped = new Evaluator(data.test(), data.classes(), flip, done -> {}).evaluate(onnx);

        assertThat(plain.flip()).isNull();
        assertThat(flipped.top1()).isEqualTo(plain.top1());
        assertThat(flipped.flip()).isNotNull();
        assertThat(flipped.flip().top1()).isBetween(0.9, 1.0);
        assertThat(flipped.flip().top5()).isBetween(flipped.flip().top1(), 1.0);
    }

    @Test
    void aMirroredImageIsMirroredRowByRow() {
        byte[] image = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19};
        Evaluator.mirror(image, new ImageShape(2, 3, 3));
        assertThat(image).containsExactly(7, 8, 9, 4, 5, 6, 1, 2, 3, 17, 18, 19, 14, 15, 16, 11, 12, 13);
    }

    @Test
    void aModelWithoutMetadataTakesNormalizationFromTheUserAndLabelsFromTheDataSet() throws Exception {
        Dataset data = Samples.dataset();
        byte[] foreign = TinyGraphs.linear(5);
        List<Integer> done = new ArrayList<>();

        Evaluation evaluation =
                new Evaluator(data.test(), data.classes(), with(List.of(128f)), done::add).evaluate(foreign);
        Evaluation other = new Evaluator(data.test(), data.classes(), with(List.of(0f)), step -> {}).evaluate(foreign);

        assertThat(evaluation.classes()).extracting(ClassReport::label).isEqualTo(data.classes());
        assertThat(evaluation.classes()).isNotEqualTo(other.classes());
        assertThat(done).last().isEqualTo(100);
        assertThatThrownBy(() -> new Evaluator(data.test(), data.classes()).evaluate(foreign))
                .hasMessageStartingWith("mean, scale: absent (expected: --mean and --scale");
    }

    @Test
    void runsAModelWithALoopInIt() throws Exception {
        Dataset data = Samples.dataset();
        Evaluator evaluator = new Evaluator(data.test(), data.classes(), with(List.of(0f)), done -> {});

        assertThat(evaluator.evaluate(TinyGraphs.rounds(3)).classes())
                .isEqualTo(evaluator.evaluate(TinyGraphs.linear(1)).classes());
    }

    @Test
    void refusesAnotherNumberOfLabelsAnotherSizeOfImagesAndNoImages() throws Exception {
        Dataset data = Samples.dataset();

        assertThatThrownBy(() -> new Evaluator(data.test(), data.classes(), with(List.of(0f)), done -> {})
                        .evaluate(TinyGraphs.linear(5, 7)))
                .hasMessageContaining("10 names (expected: 7 as in output");
        LabelledImages others =
                LabelledImages.of(new ImageShape(14, 56, 1), data.test().image(0), new int[1]);
        assertThatThrownBy(() ->
                        new Evaluator(others, data.classes()).evaluate(BundledModels.read(BundledModels.FASHION_MNIST)))
                .hasMessage("input: 28x28 pixels (expected: 14x56, as the images are)");
        assertThatThrownBy(() -> new Evaluator(data.test().first(0), data.classes()))
                .hasMessage("images: none (expected: at least 1)");
        LabelledImages unnamed = LabelledImages.of(data.shape(), data.test().image(0), new int[] {10});
        assertThatThrownBy(() -> new Evaluator(unnamed, data.classes()))
                .hasMessage("label of image 0: 10 (expected: 0 to 9, as there are classes)");
    }

    private static EvaluationOptions with(List<Float> mean) {
        return new EvaluationOptions(Metrics.DEFAULT, new PixelInput(mean, List.of(1 / 64f), null), false, 8);
    }

    @Test
    void refusesAModelForOtherLabels() throws Exception {
        Dataset data = Samples.dataset();
        byte[] onnx = BundledModels.read(BundledModels.FASHION_MNIST);
        List<String> others = new ArrayList<>(data.classes());
        others.set(3, "cat");

        assertThatThrownBy(() -> new Evaluator(data.test(), others).evaluate(onnx))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("labels: number 3 is Dress (expected: cat, as in the data set)");
        others.add("dog");
        assertThatThrownBy(() -> new Evaluator(data.test(), others).evaluate(onnx))
                .hasMessage("labels: 10 (expected: 11, as the data set has)");
    }
}

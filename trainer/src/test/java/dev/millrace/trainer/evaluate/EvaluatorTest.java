package dev.millrace.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.trainer.Samples;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.dataset.Dataset;
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

        assertThat(confusion.classes())
                .containsExactly(
                        new ClassReport("cat", 3, 1, 2 / 3.0),
                        new ClassReport("dog", 1, 0.5, 1),
                        new ClassReport("eel", 0, 0, 0));
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
    void refusesAModelForOtherLabels() throws Exception {
        Dataset data = Samples.dataset();
        Evaluator evaluator = new Evaluator(data.test(), List.of("cat", "dog"));

        assertThatThrownBy(() -> evaluator.evaluate(BundledModels.read(BundledModels.FASHION_MNIST)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("labels:");
    }
}

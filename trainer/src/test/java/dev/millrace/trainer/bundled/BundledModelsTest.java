package dev.millrace.trainer.bundled;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.evaluate.Evaluation;
import dev.millrace.trainer.evaluate.Evaluator;
import java.io.IOException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BundledModelsTest {
    @Test
    void answersTheBundledImagesWithAtLeast92PercentRight() throws Exception {
        byte[] onnx = BundledModels.read(BundledModels.FASHION_MNIST);
        Dataset sample = DatasetSpec.parse("bundled:fashion-mnist").load();

        Evaluation evaluation = new Evaluator(sample.test(), sample.classes()).evaluate(onnx);

        assertThat(evaluation.images()).isEqualTo(2_000);
        assertThat(evaluation.top1()).isGreaterThanOrEqualTo(0.92);
        assertThat(evaluation.top5()).isGreaterThan(evaluation.top1());
        assertThat(evaluation.precision()).isEqualTo("int8");
        assertThat(evaluation.bytes()).isEqualTo(onnx.length).isLessThan(1_000_000);
    }

    @Test
    void sampleHoldsTwoHundredImagesOfEveryClass() throws Exception {
        Dataset sample = DatasetSpec.parse("bundled:fashion-mnist").load();

        for (int label = 0; label < 10; label++) {
            int wanted = label;
            assertThat(IntStream.range(0, sample.test().size())
                            .filter(i -> sample.test().label(i) == wanted))
                    .hasSize(200);
        }
    }

    @Test
    void namesTheFileThatIsNotThere() {
        assertThatThrownBy(() -> BundledModels.read("nowhere.onnx"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("nowhere.onnx")
                .hasMessageContaining("no such file");
        assertThatThrownBy(() -> BundledModels.read("bundled:other")).hasMessageContaining("bundled:fashion-mnist");
    }
}

package dev.millrace.trainer.bundled;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.evaluate.Evaluation;
import dev.millrace.trainer.evaluate.Evaluator;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.infer.PredictorOptions;
import dev.millrace.worker.model.ModelSpec;
import java.io.IOException;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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

    /** Their accuracy was measured when they were made, on images that are not packed with Millrace. */
    @ParameterizedTest
    @EnumSource
    void eachRunsAndSaysThatItReachedWhatIsDemanded(BundledModel model) throws Exception {
        byte[] onnx = BundledModels.read(model.argument());
        ModelSpec spec = ModelSpec.describe(onnx);
        Map<String, String> metadata = OnnxFile.metadata(OnnxFile.parse(onnx, model.argument()));

        assertThat(spec.name()).isEqualTo(model.id());
        assertThat(spec.precision()).isEqualTo("int8");
        assertThat(spec.labels()).hasSize(model.id().startsWith("fashion-mnist") ? 10 : 100);
        assertThat(metadata.get("architecture"))
                .isEqualTo(model.training().architecture().id());
        assertThat(Double.parseDouble(metadata.getOrDefault("metrics.top1.test", "")))
                .isGreaterThanOrEqualTo(model.demands().leastTop1());
        assertThat((long) onnx.length).isLessThanOrEqualTo(model.demands().mostBytes());
        try (Predictor predictor = Predictor.load(onnx, PredictorOptions.DEFAULT)) {
            PixelShape pixels = predictor.spec().pixels();
            predictor.decode(
                    EncodedImage.raw(pixels.width(), pixels.height(), pixels.channels(), new byte[pixels.bytes()]), 0);
            predictor.run(1);
            assertThat(predictor.top(0)).hasSize(5);
        }
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
        assertThatThrownBy(() -> BundledModels.read("src")).hasMessage("model: src: a folder (expected: an ONNX file)");
        assertThatThrownBy(() -> BundledModels.read("bundled:other")).hasMessageContaining("bundled:fashion-mnist");
    }
}

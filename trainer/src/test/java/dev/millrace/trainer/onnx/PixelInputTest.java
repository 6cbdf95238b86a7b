package dev.millrace.trainer.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.TinyGraphs;
import dev.millrace.trainer.bundled.BundledModels;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PixelInputTest {
    private static final List<String> LABELS = List.of("cat", "dog");

    @Test
    void completesWhatAModelDoesNotSay() throws Exception {
        ModelProto foreign = OnnxFile.parse(TinyGraphs.linear(1), "foreign");

        assertThat(new PixelInput(List.of(1f, 2f, 3f), null, "BGR").complete(foreign, LABELS))
                .isEqualTo(Map.of(
                        ModelMetadata.LABELS, "[\"cat\",\"dog\"]",
                        ModelMetadata.MEAN, "1.0,2.0,3.0",
                        ModelMetadata.SCALE, "1",
                        ModelMetadata.CHANNEL_ORDER, "BGR"));
        assertThat(new PixelInput(null, List.of(0.5f), null).complete(foreign, LABELS))
                .containsEntry(ModelMetadata.MEAN, "0")
                .containsEntry(ModelMetadata.SCALE, "0.5")
                .doesNotContainKey(ModelMetadata.CHANNEL_ORDER);
        assertThatThrownBy(() -> PixelInput.AS_THE_MODEL_SAYS.complete(foreign, LABELS))
                .hasMessageStartingWith("mean, scale: absent (expected: --mean and --scale");
    }

    @Test
    void leavesWhatAModelSaysItself() throws Exception {
        ModelProto own = OnnxFile.parse(BundledModels.read(BundledModels.FASHION_MNIST), "bundled");

        assertThat(new PixelInput(List.of(1f), List.of(2f), null).complete(own, LABELS))
                .isEmpty();
        assertThatCode(() -> new PixelInput(List.of(73f), List.of(1 / 64f), "grey").requireAgreement(own))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> new PixelInput(List.of(72f), null, null).requireAgreement(own))
                .hasMessage("mean: 72.0 (expected: 73.0, as the model says)");
        assertThatThrownBy(() -> new PixelInput(null, null, "RGB").requireAgreement(own))
                .hasMessage("channels: RGB (expected: GREY, as the model says)");
    }

    @Test
    void refusesNormalizationForAModelThatTakesPixels() throws Exception {
        ModelProto silent = OnnxFile.withMetadata(
                OnnxFile.parse(BundledModels.read(BundledModels.FASHION_MNIST), "bundled"), Map.of());

        assertThat(PixelInput.AS_THE_MODEL_SAYS.complete(silent, LABELS)).containsOnlyKeys(ModelMetadata.LABELS);
        assertThatThrownBy(() -> new PixelInput(List.of(1f), null, null).requireAgreement(silent))
                .hasMessage("mean, scale: given (expected: not, since the model takes pixels as they are)");
    }
}

package dev.millrace.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.worker.decode.ChannelOrder;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.decode.TensorLayout;
import dev.millrace.worker.model.TinyModels.Recipe;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ModelSpecTest {

    private static final Recipe TINY = Recipe.of(6, 5, 3, 4);

    @Test
    void readsAllThatTheFileSays() throws Exception {
        byte[] onnx = TINY.with("millrace.input.mean", "120, 121.5,122")
                .with("millrace.input.scale", "0.015625")
                .with("millrace.precision", "int8")
                .with("millrace.input.channel-order", "BGR")
                .build();
        ModelSpec spec = ModelSpec.describe(onnx);
        assertThat(spec.name()).isEqualTo("tiny");
        assertThat(spec.version()).isZero();
        assertThat(spec.bytes()).isEqualTo(onnx.length);
        assertThat(spec.sha256()).matches("[0-9a-f]{64}");
        assertThat(spec.precision()).isEqualTo("int8");
        assertThat(spec.inputTensor()).isEqualTo("pixels");
        assertThat(spec.elementType()).isEqualTo(ElementType.UINT8);
        assertThat(spec.pixels()).isEqualTo(new PixelShape(6, 5, 3, TensorLayout.NCHW, ChannelOrder.BGR));
        assertThat(spec.mean()).containsExactly(120f, 121.5f, 122f);
        assertThat(spec.scale()).containsExactly(0.015625f);
        assertThat(spec.fixedBatch()).isZero();
        assertThat(spec.outputs())
                .containsExactly(ModelOutput.logits("logits", spec.labels().size()));
        assertThat(spec.labels()).containsExactly("label 0", "label 1", "label 2", "label 3");
        assertThat(spec.as("other", 7))
                .hasToString("other v7 (int8, " + spec.sha256().substring(0, 12) + ")");
    }

    @Test
    void fillsInWhatOnlyOneReadingAllows() throws Exception {
        ModelSpec planar = ModelSpec.describe(TINY.withMetadata(Map.of()).build());
        assertThat(planar.pixels()).isEqualTo(new PixelShape(6, 5, 3, TensorLayout.NCHW, ChannelOrder.RGB));
        assertThat(planar.labels()).containsExactly("class 0", "class 1", "class 2", "class 3");
        assertThat(planar.name()).isEqualTo("unnamed");
        assertThat(planar.precision()).isEqualTo("unknown");
        ModelSpec interleaved = ModelSpec.describe(Recipe.of(6, 5, 1, 2)
                .withLayout(TensorLayout.NHWC)
                .withMetadata(Map.of())
                .build());
        assertThat(interleaved.pixels()).isEqualTo(new PixelShape(6, 5, 1, TensorLayout.NHWC, ChannelOrder.GREY));
    }

    @Test
    void readsAFixedBatch() throws Exception {
        assertThat(ModelSpec.describe(TINY.withBatch(4).build()).fixedBatch()).isEqualTo(4);
    }

    @Test
    void letsOverridesReplaceAndComplete() throws Exception {
        byte[] foreign =
                TINY.withElementType(ElementType.FLOAT32).withMetadata(Map.of()).build();
        ModelSpec spec = ModelSpec.describe(
                foreign,
                Map.of(
                        "millrace.input.mean", "127.5",
                        "millrace.input.scale", "0.0078125",
                        "millrace.labels", "[\"a\",\"b\",\"c\",\"d\"]"));
        assertThat(spec.mean()).containsExactly(127.5f);
        assertThat(spec.labels()).containsExactly("a", "b", "c", "d");
    }

    @Test
    void refusesAFloatModelThatDoesNotSayItsNormalisation() {
        refused(
                TINY.withElementType(ElementType.FLOAT32).without("millrace.input.mean"),
                "millrace.input.mean: absent");
        refused(
                TINY.withElementType(ElementType.FLOAT32).without("millrace.input.scale"),
                "millrace.input.scale: absent");
    }

    @Test
    void refusesAnAmbiguousLayout() {
        refused(Recipe.of(3, 3, 3, 2).without("millrace.input.layout"), "millrace.input.layout: absent");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "millrace.input.layout        | CHWN          | one of [NCHW, NHWC]",
                "millrace.input.layout        | NHWC          | (expected: 1 or 3)",
                "millrace.input.channel-order | GREY          | channels: 3 (expected: 1 for GREY)",
                "millrace.input.channel-order | YUV           | one of [GREY, RGB, BGR]",
                "millrace.input.mean          | 1,2           | mean: 2 values (expected: 1 or 3)",
                "millrace.input.mean          | grey          | numbers, comma separated",
                "millrace.input.scale         | NaN           | a finite number",
                "millrace.labels              | [\"a\"]       | 1 names (expected: 4",
                "millrace.labels              | a, b          | a JSON array of names",
                "millrace.labels              | [\"a\", null] | a JSON array of names",
            })
    void refusesMetadataThatDoesNotFit(String key, String value, String expected) {
        refused(TINY.with(key, value), expected);
    }

    @Test
    void refusesBytesThatAreNoModel() {
        byte[] onnx = TINY.build();
        for (byte[] bytes : new byte[][] {{}, {1, 2, 3}, Arrays.copyOf(onnx, onnx.length / 2), new byte[1000]}) {
            assertThatExceptionOfType(ModelRefusedException.class)
                    .isThrownBy(() -> ModelSpec.describe(bytes))
                    .withMessageStartingWith(
                            "model: " + bytes.length + " bytes (expected: ONNX that ONNX Runtime can load)");
        }
    }

    private static void refused(Recipe recipe, String message) {
        assertThatExceptionOfType(ModelRefusedException.class)
                .isThrownBy(() -> ModelSpec.describe(recipe.build()))
                .withMessageContaining(message)
                .withMessageContaining("(expected: ");
    }
}

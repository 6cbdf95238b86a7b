package dev.millrace.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageDecoder;
import dev.millrace.worker.decode.TensorLayout;
import dev.millrace.worker.model.TinyModels.Recipe;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LoadedModelTest {

    private static final int HEIGHT = 6;
    private static final int WIDTH = 5;
    private static final int CLASSES = 4;
    private static final int SEED = 1;
    private static final Recipe TINY = Recipe.of(HEIGHT, WIDTH, 3, CLASSES).withSeed(SEED);

    @ParameterizedTest
    @EnumSource(TensorLayout.class)
    void givesTheLogitsThatArithmeticGives(TensorLayout layout) throws Exception {
        try (LoadedModel model = load(TINY.withLayout(layout), 3)) {
            for (int slot = 0; slot < 3; slot++) {
                put(model, slot, noise(slot));
            }
            model.run(3);
            for (int slot = 0; slot < 3; slot++) {
                assertThat(row(model, slot)).containsExactly(expected(noise(slot)), within(1e-4f));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 5, 8})
    void givesAnImageTheSameLogitsInABatchAsAlone(int n) throws Exception {
        try (LoadedModel single = load(TINY, 1);
                LoadedModel batched = load(TINY, 8)) {
            for (int slot = 0; slot < n; slot++) {
                put(batched, slot, noise(slot));
            }
            batched.run(n);
            for (int slot = 0; slot < n; slot++) {
                put(single, 0, noise(slot));
                single.run(1);
                assertThat(row(batched, slot)).containsExactly(row(single, 0), within(1e-5f));
            }
        }
    }

    @Test
    void padsAFixedBatch() throws Exception {
        try (LoadedModel model = load(TINY.withBatch(4), 8)) {
            assertThat(model.maxBatch()).isEqualTo(4);
            put(model, 0, noise(1));
            put(model, 1, noise(2));
            model.run(2);
            assertThat(row(model, 0)).containsExactly(expected(noise(1)), within(1e-4f));
            assertThat(row(model, 1)).containsExactly(expected(noise(2)), within(1e-4f));
        }
        try (LoadedModel fewer = load(TINY.withBatch(4), 2)) {
            assertThat(fewer.maxBatch()).isEqualTo(2);
            put(fewer, 1, noise(2));
            fewer.run(2);
            assertThat(row(fewer, 1)).containsExactly(expected(noise(2)), within(1e-4f));
        }
    }

    @ParameterizedTest
    @EnumSource(TensorLayout.class)
    void normalizesEachChannelForAFloatGraph(TensorLayout layout) throws Exception {
        Recipe recipe = TINY.withLayout(layout)
                .withElementType(ElementType.FLOAT32)
                .with("millrace.input.mean", "10,20,30")
                .with("millrace.input.scale", "1,1,1");
        byte[] hwc = noise(3);
        byte[] shifted = hwc.clone();
        for (int i = 0; i < hwc.length; i++) {
            hwc[i] = (byte) ((hwc[i] & 0x7F) + 30);
            shifted[i] = (byte) (hwc[i] - 10 * (i % 3 + 1));
        }
        try (LoadedModel model = load(recipe, 2)) {
            put(model, 1, hwc);
            model.run(2);
            assertThat(row(model, 1)).containsExactly(expected(shifted), within(1e-4f));
        }
    }

    @Test
    void scalesForAFloatGraph() throws Exception {
        Recipe recipe = TINY.withElementType(ElementType.FLOAT32).with("millrace.input.scale", "0.5");
        try (LoadedModel model = load(recipe, 1)) {
            put(model, 0, noise(4));
            model.run(1);
            float[] halved = expected(noise(4));
            for (int k = 0; k < CLASSES; k++) {
                halved[k] /= 2;
            }
            assertThat(row(model, 0)).containsExactly(halved, within(1e-4f));
        }
    }

    @Test
    void refusesASpecThatIsNotTheGraphs() throws Exception {
        byte[] onnx = TINY.build();
        ModelSpec spec = ModelSpec.describe(onnx);
        refused(
                onnx,
                change(spec, "image", "logits", ElementType.UINT8, spec.labels()),
                "(expected: image UINT8[1, 3, 6, 5])");
        refused(
                onnx,
                change(spec, "pixels", "scores", ElementType.UINT8, spec.labels()),
                "output: scores (expected: one of [logits])");
        refused(
                onnx,
                change(spec, "pixels", "logits", ElementType.FLOAT32, spec.labels()),
                "(expected: pixels FLOAT32[1, 3, 6, 5])");
        refused(
                onnx,
                change(spec, "pixels", "logits", ElementType.UINT8, List.of("a", "b")),
                "(expected: logits of shape [1, 2])");
        ModelSpec otherSize = ModelSpec.describe(Recipe.of(7, 5, 3, CLASSES).build());
        refused(onnx, otherSize, "(expected: pixels UINT8[1, 3, 7, 5])");
        refused(TINY.withBatch(4).build(), spec, "input: pixels UINT8[4, 3, 6, 5] (expected: ");
    }

    @Test
    void refusesDamagedBytes() throws Exception {
        byte[] onnx = TINY.build();
        ModelSpec spec = ModelSpec.describe(onnx);
        refused(new byte[100], spec, "model: 100 bytes (expected: ONNX that ONNX Runtime can load)");
    }

    @Test
    void fallsBackOnlyWhereTheDeviceIsNotRequired() throws Exception {
        byte[] onnx = TINY.build();
        ModelSpec spec = ModelSpec.describe(onnx);
        // No machine has this many GPUs, and the default runtime has no CUDA at all.
        Device absent = Device.parse("cuda:9999");
        assertThatExceptionOfType(ModelRefusedException.class)
                .isThrownBy(() -> LoadedModel.load(onnx, spec, DeviceRequest.require(absent), 1))
                .withMessageStartingWith("device: cuda:9999 (expected: usable, since it is required)");
        try (LoadedModel model = LoadedModel.load(onnx, spec, DeviceRequest.prefer(absent), 1)) {
            assertThat(model.device()).isEqualTo(Device.ANY_CPU);
        }
        try (LoadedModel model = LoadedModel.load(onnx, spec, DeviceRequest.require(Device.parse("cpu:0")), 1)) {
            assertThat(model.device()).hasToString("cpu:0");
        }
    }

    @Test
    void saysWhyItFellBack() throws Exception {
        byte[] onnx = TINY.build();
        ModelSpec spec = ModelSpec.describe(onnx);
        List<DeviceRequest> lanes = List.of(DeviceRequest.ANY_CPU, DeviceRequest.prefer(Device.parse("cuda:9999")));
        try (LiveModels models = new LiveModels()) {
            models.install(LiveModel.load(onnx, spec, lanes, 1));
            assertThat(models.fallbacks()).singleElement().satisfies(fallback -> {
                assertThat(fallback.lane()).isEqualTo(1);
                assertThat(fallback)
                        .asString()
                        .matches("(?s)lane 1: tiny v0 runs on cpu:none: .*(CUDA|Invalid device ID).*");
            });
        }
    }

    @Test
    void bringsBackImagesThatWereSetAside() throws Exception {
        try (LoadedModel model = load(TINY, 8)) {
            for (int slot = 0; slot < 8; slot++) {
                put(model, slot, noise(slot));
            }
            model.setAside(8);
            model.check();
            model.bringBack(3, 4);
            model.run(4);
            for (int slot = 0; slot < 4; slot++) {
                assertThat(row(model, slot)).containsExactly(expected(noise(slot + 3)), within(1e-4f));
            }
        }
    }

    @Test
    void doesNotFailAFixedBatchOnWhatAnEarlierOneLeftBehind() throws Exception {
        byte[] onnx = TinyModels.failingAbove(254, TINY.withBatch(4).build());
        try (LoadedModel model = LoadedModel.load(onnx, ModelSpec.describe(onnx), DeviceRequest.ANY_CPU, 4)) {
            put(model, 0, dark());
            put(model, 1, bright());
            assertThatExceptionOfType(InferenceFailedException.class).isThrownBy(() -> model.run(2));
            model.run(1);
            assertThat(row(model, 0)).containsExactly(expected(dark()), within(1e-4f));
        }
    }

    @Test
    void tellsAFailingImageFromABrokenSession() throws Exception {
        byte[] onnx = TinyModels.failingAbove(254, TINY.build());
        try (LoadedModel model = LoadedModel.load(onnx, ModelSpec.describe(onnx), DeviceRequest.ANY_CPU, 2)) {
            put(model, 0, bright());
            assertThatExceptionOfType(InferenceFailedException.class)
                    .isThrownBy(() -> model.run(1))
                    .withMessageContaining("out of data bounds");
            model.check();
        }
    }

    @Test
    void knowsHowLongRunsTookBeforeItServes() throws Exception {
        try (LoadedModel model = load(TINY, 6)) {
            assertThat(model.warmRuns())
                    .extracting(LoadedModel.TimedRun::images)
                    .containsExactly(1, 6);
            assertThat(model.warmRuns()).allMatch(run -> run.nanos() > 0);
        }
    }

    @Test
    void refusesABatchBeyondItsBuffers() throws Exception {
        try (LoadedModel model = load(TINY, 2)) {
            for (int n : new int[] {-1, 0, 3}) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> model.run(n))
                        .withMessage("batch: %d (expected: 1 to 2)", n);
            }
        }
    }

    @Test
    void refusesToRunOnceClosed() throws Exception {
        LoadedModel model = load(TINY, 1);
        model.close();
        model.close();
        assertThatIllegalStateException().isThrownBy(() -> model.run(1));
    }

    private static LoadedModel load(Recipe recipe, int maxBatch) throws ModelRefusedException {
        byte[] onnx = recipe.build();
        return LoadedModel.load(onnx, ModelSpec.describe(onnx), DeviceRequest.ANY_CPU, maxBatch);
    }

    private static void refused(byte[] onnx, ModelSpec spec, String message) {
        assertThatExceptionOfType(ModelRefusedException.class)
                .isThrownBy(() -> LoadedModel.load(onnx, spec, DeviceRequest.ANY_CPU, 2))
                .withMessageContaining(message);
    }

    private static ModelSpec change(
            ModelSpec spec, String input, String output, ElementType elementType, List<String> labels) {
        return new ModelSpec(
                spec.name(),
                1,
                spec.sha256(),
                spec.bytes(),
                spec.precision(),
                input,
                elementType,
                spec.pixels(),
                spec.mean(),
                spec.scale(),
                spec.fixedBatch(),
                spec.resizing(),
                spec.task(),
                List.of(ModelOutput.logits(output, labels.size())),
                labels,
                spec.head());
    }

    private static byte[] noise(int seed) {
        byte[] noise = new byte[HEIGHT * WIDTH * 3];
        new Random(seed).nextBytes(noise);
        return noise;
    }

    private static byte[] dark() {
        byte[] dark = new byte[HEIGHT * WIDTH * 3];
        Arrays.fill(dark, (byte) 100);
        return dark;
    }

    private static byte[] bright() {
        byte[] bright = dark();
        bright[7] = (byte) 255;
        return bright;
    }

    private static void put(LoadedModel model, int slot, byte[] hwc) throws Exception {
        new ImageDecoder(model.spec().pixels(), DecodeLimits.DEFAULT)
                .decode(
                        EncodedImage.raw(WIDTH, HEIGHT, 3, hwc),
                        model.pixels(),
                        slot * model.spec().pixels().bytes());
    }

    private static float[] row(LoadedModel model, int slot) {
        float[] row = new float[CLASSES];
        model.logits().get(slot * CLASSES, row);
        return row;
    }

    private static float[] expected(byte[] hwc) {
        return TinyModels.logits(HEIGHT, WIDTH, 3, CLASSES, SEED, hwc);
    }
}

package dev.millrace.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageDecoder;
import dev.millrace.worker.model.TinyModels.Recipe;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sessions on a real GPU; skipped where {@code cuda:0} cannot be used. */
final class CudaTest {

    private static final int SIDE = 32;
    private static final int CLASSES = 10;
    /** Of logits up to 8: cuBLAS and cuDNN multiply floats with 10 bits of mantissa (TF32). */
    private static final float TOLERANCE = 0.05f;

    private static final Recipe TINY = Recipe.of(SIDE, SIDE, 3, CLASSES);

    @BeforeAll
    static void requireAGpu() {
        Gpu.assumeUsable();
    }

    @ParameterizedTest
    @CsvSource({"UINT8, 1", "UINT8, 8", "UINT8, 64", "FLOAT32, 1", "FLOAT32, 8", "FLOAT32, 64"})
    void givesTheLogitsThatArithmeticGives(ElementType type, int batch) throws Exception {
        try (LoadedModel model = load(TINY.withElementType(type).build(), Gpu.REQUIRED, batch)) {
            assertThat(model.device()).isEqualTo(Gpu.DEVICE);
            assertThat(model.fallback()).isNull();
            for (int slot = 0; slot < batch; slot++) {
                put(model, slot);
            }
            model.run(batch);
            for (int slot = 0; slot < batch; slot++) {
                float[] row = new float[CLASSES];
                model.logits().get(slot * CLASSES, row);
                assertThat(row)
                        .containsExactly(TinyModels.logits(SIDE, SIDE, 3, CLASSES, 0, noise(slot)), within(TOLERANCE));
            }
        }
    }

    @Test
    void givesEachOfAnyNumberOfImagesItsOwnLogits() throws Exception {
        try (LoadedModel model = load(TINY.build(), Gpu.REQUIRED, 13)) {
            for (int batch = 1; batch <= 13; batch++) {
                for (int slot = 0; slot < batch; slot++) {
                    put(model, slot);
                }
                model.run(batch);
                for (int slot = 0; slot < batch; slot++) {
                    float[] row = new float[CLASSES];
                    model.logits().get(slot * CLASSES, row);
                    assertThat(row)
                            .containsExactly(
                                    TinyModels.logits(SIDE, SIDE, 3, CLASSES, 0, noise(slot)), within(TOLERANCE));
                }
            }
        }
    }

    @Test
    void refusesAGraphOfWhichANodeWouldRunOnTheCpu() throws Exception {
        byte[] onnx = TinyModels.withSinh(TINY.build());
        assertThatExceptionOfType(ModelRefusedException.class)
                .isThrownBy(() -> load(onnx, Gpu.REQUIRED, 1))
                .withMessageStartingWith("device: cuda:0 (expected: usable, since it is required): ")
                .withMessageContaining("nodes that are assigned to the default CPU EP");
    }

    @Test
    void runsSuchAGraphOnTheCpuWhereTheGpuIsNotRequiredAndSaysWhy() throws Exception {
        byte[] onnx = TinyModels.withSinh(TINY.build());
        try (LoadedModel model = load(onnx, DeviceRequest.prefer(Gpu.DEVICE), 1)) {
            assertThat(model.device()).isEqualTo(Device.ANY_CPU);
            assertThat(model.fallback()).contains("nodes that are assigned to the default CPU EP");
        }
    }

    @Test
    void refusesAModelThatNeedsMoreMemoryThanASessionMayTake() throws Exception {
        // Weights of 60 MB.
        byte[] onnx = TinyModels.classifier(224, 224, 3, 100);
        DeviceRequest limited = new DeviceRequest(Gpu.DEVICE, true, 8 << 20);
        assertThatExceptionOfType(ModelRefusedException.class)
                .isThrownBy(() -> load(onnx, limited, 1))
                .withMessageStartingWith("device: cuda:0 (expected: usable, since it is required): ")
                .withMessageContaining("memory");
        load(onnx, new DeviceRequest(Gpu.DEVICE, true, 256 << 20), 1).close();
    }

    @Test
    void refusesAGpuThatThisMachineDoesNotHave() {
        assertThatExceptionOfType(ModelRefusedException.class)
                .isThrownBy(() -> DeviceProbe.require(DeviceRequest.require(Device.parse("cuda:99"))))
                .withMessageStartingWith("device: cuda:99 (expected: usable, since it is required): ")
                .withMessageContaining("Invalid device ID: 99");
    }

    @Test
    void givesTheMemoryOfClosedModelsBack() throws Exception {
        // Weights of 5 MB: 50 that stayed would be 250.
        byte[] onnx = TinyModels.classifier(64, 64, 3, 100);
        openAndClose(onnx, 5);
        long before = Gpu.usedMib();
        openAndClose(onnx, 50);
        assertThat(Gpu.usedMib() - before).as("MiB that stayed on the GPU").isLessThan(32);
    }

    private static void openAndClose(byte[] onnx, int times) throws Exception {
        for (int i = 0; i < times; i++) {
            load(onnx, Gpu.REQUIRED, 8).close();
        }
    }

    private static LoadedModel load(byte[] onnx, DeviceRequest request, int maxBatch) throws Exception {
        return LoadedModel.load(onnx, ModelSpec.describe(onnx), request, maxBatch);
    }

    private static void put(LoadedModel model, int slot) throws Exception {
        new ImageDecoder(model.spec().pixels(), DecodeLimits.DEFAULT)
                .decode(
                        EncodedImage.raw(SIDE, SIDE, 3, noise(slot)),
                        model.pixels(),
                        slot * model.spec().pixels().bytes());
    }

    private static byte[] noise(int seed) {
        byte[] noise = new byte[SIDE * SIDE * 3];
        new Random(seed).nextBytes(noise);
        return noise;
    }
}

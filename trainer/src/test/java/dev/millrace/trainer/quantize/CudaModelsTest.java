package dev.millrace.trainer.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.Samples;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.calibrate.Calibration;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.export.OnnxExport;
import dev.millrace.trainer.observe.ImageInput;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.worker.model.Device;
import dev.millrace.worker.model.DeviceProbe;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.LoadedModel;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether a model gives on a GPU what it gives on the CPU, in every precision; skipped where {@code cuda:0} cannot be used. */
class CudaModelsTest {
    private static final DeviceRequest GPU = DeviceRequest.require(Device.parse("cuda:0"));
    private static final int[] BATCHES = {1, 8, 64};
    private static final int IMAGES = 64;

    @BeforeAll
    static void requireAGpu() {
        try {
            DeviceProbe.require(GPU);
        } catch (ModelRefusedException e) {
            abort(e.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bundled:fashion-mnist", "bundled:cifar100", "bundled:cifar100-resnet20"})
    void bundledInt8ModelsGiveTheLabelsOfTheCpu(String name) throws Exception {
        // An activation that lies between two steps may be rounded to the other one.
        assertSame(BundledModels.read(name), 0.1, 0.95);
    }

    @Test
    void fp32GivesTheLogitsOfTheCpu() throws Exception {
        assertSame(fp32().toByteArray(), 0.01, 0.98);
    }

    @Test
    void fp16GivesTheLogitsOfTheCpu() throws Exception {
        Dataset data = Samples.dataset();
        ModelProto half = quantizer()
                .halve(fp32(), input(), data.train().first(8), data.validation(), true)
                .model();
        assertSame(half.toByteArray(), 0.02, 0.95);
    }

    @Test
    void int8GivesTheLogitsOfTheCpu() throws Exception {
        Dataset data = Samples.dataset();
        ModelProto int8 = quantizer()
                .quantize(fp32(), input(), data.train().first(64), data.validation(), true)
                .model();
        assertSame(int8.toByteArray(), 0.1, 0.95);
    }

    private static ModelProto fp32() throws Exception {
        return OnnxExport.export(Samples.randomNet(5), "random");
    }

    private static ImageInput input() throws Exception {
        return ImageInput.of(fp32(), OnnxFile.metadata(fp32()));
    }

    private static Quantizer quantizer() {
        return new Quantizer(
                new QuantizeOptions(Calibration.MINMAX, true, null, Set.of(), 1, true),
                QuantizeListener.NONE,
                Duration.ofMillis(20));
    }

    /**
     * On images of noise, at each batch size.
     *
     * @param tolerance of a logit, as a share of the largest one
     * @param agreement share of images whose best label is the same
     */
    private static void assertSame(byte[] onnx, double tolerance, double agreement) throws Exception {
        ModelSpec spec = ModelSpec.describe(onnx);
        int values = spec.pixels().bytes();
        byte[] noise = new byte[IMAGES * values];
        new Random(1).nextBytes(noise);
        float[] expected = logits(onnx, spec, DeviceRequest.ANY_CPU, noise, 8);
        double largest = 0;
        for (float logit : expected) {
            largest = Math.max(largest, Math.abs(logit));
        }
        for (int batch : BATCHES) {
            float[] actual = logits(onnx, spec, GPU, noise, batch);
            double worst = 0;
            for (int i = 0; i < expected.length; i++) {
                worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
            }
            int classes = spec.labels().size();
            int same = 0;
            for (int image = 0; image < IMAGES; image++) {
                same += best(actual, image, classes) == best(expected, image, classes) ? 1 : 0;
            }
            System.out.printf(
                    "%s %s, batch %d: worst %.5f of the largest logit, %d of %d labels%n",
                    spec.name(), spec.precision(), batch, worst / largest, same, IMAGES);
            assertThat(worst / largest).as("%s at batch %d", spec, batch).isLessThan(tolerance);
            assertThat(same / (double) IMAGES).as("%s at batch %d", spec, batch).isGreaterThanOrEqualTo(agreement);
        }
    }

    private static float[] logits(byte[] onnx, ModelSpec spec, DeviceRequest device, byte[] images, int batch)
            throws Exception {
        int values = spec.pixels().bytes();
        int classes = spec.labels().size();
        float[] logits = new float[IMAGES * classes];
        try (LoadedModel model = LoadedModel.load(onnx, spec, device, batch)) {
            assertThat(model.device()).isEqualTo(device.device());
            for (int first = 0; first < IMAGES; first += batch) {
                model.pixels().put(0, images, first * values, batch * values);
                model.run(batch);
                model.logits().get(0, logits, first * classes, batch * classes);
            }
        }
        return logits;
    }

    private static int best(float[] logits, int image, int classes) {
        int best = image * classes;
        for (int i = best; i < (image + 1) * classes; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return best - image * classes;
    }
}

package dev.millrace.trainer.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.Samples;
import dev.millrace.trainer.calibrate.Calibration;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.export.OnnxExport;
import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.net.Op;
import dev.millrace.trainer.observe.ImageInput;
import dev.millrace.trainer.observe.ObservedModel;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.prepare.PreparedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CalibratedModelTest {
    @Test
    void everyOperationFusesIntoAnIntegerKernel() throws Exception {
        ModelProto fp32 = OnnxExport.export(Samples.randomNet(5), "random");

        Map<String, Long> operators = Fused.operators(quantized(fp32, WeightWidth.SEVEN_BITS));

        assertThat(operators)
                .containsEntry("QLinearConv", 7L)
                .containsEntry("QLinearAdd", 2L)
                .containsEntry("QLinearGlobalAveragePool", 1L)
                .containsEntry("QGemm", 1L)
                .doesNotContainKeys("Conv", "FusedConv", "Gemm", "Relu", "QuantizeLinear", "DequantizeLinear");
    }

    @Test
    void poolingPassesThroughOnIntegers() throws Exception {
        Dataset data = Samples.dataset();
        List<Op> ops = List.of(
                new Op.Conv("a_conv", Network.INPUT, 1, 16, 3, 1, 1),
                new Op.BatchNorm("a_norm", "a_conv", 16, 1),
                new Op.Relu("a_relu", "a_norm"),
                new Op.MaxPool("a_pool", "a_relu", 2),
                new Op.Conv("b_conv", "a_pool", 16, 16, 3, 1, 1),
                new Op.BatchNorm("b_norm", "b_conv", 16, 1),
                new Op.GlobalAveragePool("pool", "b_norm"),
                new Op.Linear("logits", "pool", 16, 10));
        Network network = new Network("pooling", data.shape(), 10, ops);

        Map<String, Long> operators = Fused.operators(
                quantized(OnnxExport.export(Samples.randomNet(network, 6), "pooling"), WeightWidth.EIGHT_BITS));

        assertThat(operators)
                .containsEntry("QLinearConv", 2L)
                .doesNotContainKeys("Conv", "FusedConv", "Gemm", "Relu", "QuantizeLinear", "DequantizeLinear");
    }

    @Test
    void staysCloseToTheModelItWasMadeOf() throws Exception {
        ModelProto fp32 = OnnxExport.export(Samples.randomNet(5), "random");
        LabelledImages images = Samples.dataset().test();
        float[] expected = logits(fp32, images);

        double sevenBits = signalToNoise(expected, logits(quantized(fp32, WeightWidth.SEVEN_BITS), images));
        double eightBits = signalToNoise(expected, logits(quantized(fp32, WeightWidth.EIGHT_BITS), images));

        assertThat(sevenBits).as("dB").isGreaterThan(20);
        assertThat(eightBits).as("dB").isGreaterThan(sevenBits);
    }

    @Test
    void metadataSaysHowItWasMadeAndDropsTheFiguresOfTheOldModel() throws Exception {
        ModelProto fp32 = OnnxExport.export(Samples.randomNet(5), "random");
        Map<String, String> withMetrics = OnnxFile.metadata(fp32);
        withMetrics.put("metrics.top1.validation", "0.9");

        Map<String, String> metadata =
                OnnxFile.metadata(quantized(OnnxFile.withMetadata(fp32, withMetrics), WeightWidth.SEVEN_BITS));

        assertThat(metadata)
                .containsEntry(ModelMetadata.PRECISION, "int8")
                .containsEntry("dataset", "fashion-mnist")
                .doesNotContainKey("metrics.top1.validation");
        assertThat(metadata.get(ModelMetadata.QUANTIZATION)).contains("7-bit").contains("64 images, minmax");
    }

    private static ModelProto quantized(ModelProto fp32, WeightWidth width) throws Exception {
        LabelledImages images = Samples.dataset().train().first(64);
        ImageInput input = ImageInput.of(fp32, OnnxFile.metadata(fp32));
        return new CalibratedModel(PreparedModel.of(fp32, input, images), Calibration.MINMAX, images)
                .model(new WeightScheme(width, true), Map.of());
    }

    private static float[] logits(ModelProto model, LabelledImages images) {
        List<Float> all = new ArrayList<>();
        try (ObservedModel observed =
                new ObservedModel(model, ImageInput.of(model, OnnxFile.metadata(model)), Set.of("logits"))) {
            observed.run(images, (tensor, values) -> {
                while (values.hasRemaining()) {
                    all.add(values.get());
                }
            });
        }
        float[] logits = new float[all.size()];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = all.get(i);
        }
        return logits;
    }

    private static double signalToNoise(float[] expected, float[] actual) {
        double signal = 0;
        double noise = 0;
        for (int i = 0; i < expected.length; i++) {
            signal += expected[i] * expected[i];
            noise += (expected[i] - actual[i]) * (expected[i] - actual[i]);
        }
        return 10 * Math.log10(signal / noise);
    }
}

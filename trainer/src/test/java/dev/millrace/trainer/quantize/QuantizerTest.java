package dev.millrace.trainer.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.ForeignModel;
import dev.millrace.trainer.Samples;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.calibrate.Calibration;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.export.ExportOptions;
import dev.millrace.trainer.export.InputKind;
import dev.millrace.trainer.export.OnnxExport;
import dev.millrace.trainer.export.Opset;
import dev.millrace.trainer.observe.ImageInput;
import dev.millrace.trainer.onnx.Graphs;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.onnx.Tensors;
import dev.millrace.trainer.weights.FloatTensor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class QuantizerTest {
    @Test
    void reportsWhatInt8CostsAndBrings() throws Exception {
        Quantizer.Outcome outcome = quantize(options(Set.of()));

        QuantizationReport report = outcome.report();
        assertThat(report.precision()).isEqualTo("int8");
        assertThat(report.weights()).endsWith("per-channel");
        assertThat(report.images()).isEqualTo(100);
        assertThat(report.dropMeans()).isEqualTo("top1");
        assertThat(report.sqnrDb()).isBetween(15.0, 60.0);
        assertThat(report.bytesAfter()).isLessThan(report.bytesBefore() / 2);
        assertThat(report.keptFp32()).isEmpty();
        assertThat(report.layers()).hasSize(10);
        assertThat(OnnxFile.metadata(outcome.model()))
                .containsEntry(ModelMetadata.PRECISION, "int8")
                .containsKey("metrics.top1.validation");
    }

    @Test
    void aModelThatTakesFloatsLosesAsLittleAsTheSameThatTakesBytes() throws Exception {
        ExportOptions floats = new ExportOptions("random", InputKind.FLOAT, new Opset(26), Map.of());

        Quantizer.Outcome ofBytes = quantize(options(Set.of()));
        Quantizer.Outcome ofFloats = quantize(OnnxExport.export(Samples.randomNet(5), floats), options(Set.of()));

        assertThat(ofFloats.report().precision()).isEqualTo("int8");
        assertThat(ofFloats.report().top1Before()).isEqualTo(ofBytes.report().top1Before());
        assertThat(ofFloats.report().sqnrDb()).isCloseTo(ofBytes.report().sqnrDb(), offset(1.0));
        assertThat(ofFloats.report().layers()).hasSameSizeAs(ofBytes.report().layers());
        assertThat(Graphs.opset(ofFloats.model())).isEqualTo(26);
        assertThat(ImageInput.of(ofFloats.model(), OnnxFile.metadata(ofFloats.model()))
                        .pixels())
                .isFalse();
    }

    @Test
    void keepsTheMostCostlyNodesUntilLittleEnoughIsLost() throws Exception {
        ForeignModel net = new ForeignModel(13, 21, 0);
        float[] factors = new float[16];
        float[] inverse = new float[16];
        for (int c = 0; c < 16; c++) {
            factors[c] = c == 0 ? 4_000 : 1;
            inverse[c] = 1 / factors[c];
        }
        long[] perChannel = {1, 16, 1, 1};
        net.conv("a", ForeignModel.INPUT, 1, 16, 2);
        net.node("Relu", "a_relu", List.of("a"));
        // One channel of 16 takes all of the range: in int8 the others are gone.
        net.node(
                "Mul",
                "spread",
                List.of("a_relu", net.constant(Tensors.floats("f", new FloatTensor(perChannel, factors)))));
        net.node(
                "Mul",
                "even",
                List.of("spread", net.constant(Tensors.floats("i", new FloatTensor(perChannel, inverse)))));
        net.conv("b", "even", 16, 32, 2);
        net.node("Relu", "b_relu", List.of("b"));
        net.conv("last", "b_relu", 32, 16, 2);
        ModelProto model = net.output("last").build();

        QuantizationReport report = quantize(
                        model, new QuantizeOptions(Calibration.MINMAX, true, null, Set.of(), 0.03, true))
                .report();

        assertThat(report.precision()).isEqualTo("int8");
        assertThat(report.dropMeans()).isEqualTo("noise");
        assertThat(report.drop()).isLessThanOrEqualTo(0.03);
        assertThat(report.keptFp32())
                .as(report.toString())
                .extracting(QuantizationReport.KeptNode::node)
                .contains("spread", "even")
                .doesNotContain("last");
    }

    @Test
    void keepsFp32WhereNothingHelps() throws Exception {
        ForeignModel net = new ForeignModel(13, 22, 0);
        ModelProto fp32 =
                net.output(net.conv("only", ForeignModel.INPUT, 1, 16, 2)).build();

        Quantizer.Outcome outcome =
                quantize(fp32, new QuantizeOptions(Calibration.MINMAX, true, null, Set.of(), 0, true));

        assertThat(outcome.report().precision()).isEqualTo("fp32");
        assertThat(outcome.report().reason()).contains("whatever is kept in fp32");
        assertThat(outcome.model()).isEqualTo(fp32);
    }

    @Test
    void keepsWhatItIsAskedToKeep() throws Exception {
        QuantizationReport report = quantize(options(Set.of("stem_norm"))).report();

        assertThat(report.keptFp32()).contains(new QuantizationReport.KeptNode("stem_norm", "as asked (--keep)"));
        assertThat(report.layers())
                .extracting(QuantizationReport.Layer::node)
                .doesNotContain("stem_norm")
                .hasSize(9);
    }

    @Test
    void refusesANodeThatIsNotThere() {
        assertThatThrownBy(() -> quantize(options(Set.of("stem_nrm"))))
                .hasMessageContaining("node: stem_nrm (expected: one of [")
                .hasMessageContaining("stem_norm");
    }

    @Test
    void refusesAnInt8Model() throws Exception {
        ModelProto int8 = OnnxFile.parse(BundledModels.read(BundledModels.FASHION_MNIST), "bundled");
        Dataset data = Samples.dataset();

        assertThatThrownBy(() -> quantizer(QuantizeOptions.DEFAULT)
                        .quantize(int8, ImageInput.of(int8, OnnxFile.metadata(int8)), data.train(), data.test(), true))
                .hasMessageContaining("int8 (expected: fp32)");
    }

    @Test
    void halvesAModelForGpus() throws Exception {
        ModelProto fp32 = OnnxExport.export(Samples.randomNet(5), "random");
        Dataset data = Samples.dataset();

        Quantizer.Outcome outcome = quantizer(QuantizeOptions.DEFAULT)
                .halve(
                        fp32,
                        ImageInput.of(fp32, OnnxFile.metadata(fp32)),
                        data.train().first(8),
                        data.validation(),
                        true);

        assertThat(outcome.report().precision()).isEqualTo("fp16");
        assertThat(outcome.report().sqnrDb()).isGreaterThan(45);
        assertThat(outcome.report().bytesAfter())
                .isLessThan((long) (0.7 * outcome.report().bytesBefore()));
        assertThat(OnnxFile.metadata(outcome.model())).containsEntry(ModelMetadata.PRECISION, "fp16");
    }

    private static QuantizeOptions options(Set<String> keep) {
        return new QuantizeOptions(Calibration.MINMAX, true, null, keep, 0.01, true);
    }

    private static Quantizer.Outcome quantize(QuantizeOptions options) throws Exception {
        return quantize(OnnxExport.export(Samples.randomNet(5), "random"), options);
    }

    private static Quantizer.Outcome quantize(ModelProto fp32, QuantizeOptions options) throws Exception {
        Dataset data = Samples.dataset();
        return quantizer(options)
                .quantize(
                        fp32,
                        ImageInput.of(fp32, OnnxFile.metadata(fp32)),
                        data.train().first(64),
                        data.validation(),
                        true);
    }

    private static Quantizer quantizer(QuantizeOptions options) {
        return new Quantizer(options, QuantizeListener.NONE, Duration.ofMillis(20));
    }
}

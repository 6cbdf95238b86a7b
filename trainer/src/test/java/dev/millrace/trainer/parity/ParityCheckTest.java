package dev.millrace.trainer.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.millrace.trainer.Samples;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.export.ExportOptions;
import dev.millrace.trainer.export.InputKind;
import dev.millrace.trainer.export.OnnxExport;
import dev.millrace.trainer.export.Opset;
import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.net.Op;
import dev.millrace.trainer.net.Padding;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.onnx.Tensors;
import dev.millrace.trainer.weights.FloatTensor;
import dev.millrace.trainer.weights.TrainedNet;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ParityCheckTest {
    @ParameterizedTest
    @EnumSource
    void bothEnginesComputeTheSameFromOneListOfOperations(InputKind input) throws Exception {
        TrainedNet net = Samples.randomNet(3);
        List<Integer> progress = new ArrayList<>();

        ParityReport report = new ParityCheck(net, 1, progress::add)
                .compare(export(net, input).toByteArray(), Samples.dataset().test(), ParityCheck.TOLERANCE);

        assertThat(report.passed()).as(report.toString()).isTrue();
        assertThat(report.images()).isEqualTo(100);
        assertThat(report.top1Agreement()).isEqualTo(1);
        assertThat(report.maxDifference()).isPositive();
        assertThat(report.singleImages()).isEqualTo(10);
        assertThat(report.singleMaxDifference()).isPositive();
        assertThat(report.firstLayerBeyondTolerance()).isNull();
        assertThat(progress).containsExactly(50, 100);
    }

    @Test
    void bothEnginesPoolAlike() throws Exception {
        Dataset data = Samples.dataset();
        List<Op> ops = List.of(
                new Op.Conv("a_conv", Network.INPUT, 1, 16, 3, 1, 1),
                new Op.BatchNorm("a_norm", "a_conv", 16, 1),
                new Op.MaxPool("a_pool", "a_norm", 2),
                new Op.Relu("a_relu", "a_pool"),
                new Op.GlobalAveragePool("pool", "a_relu"),
                new Op.Linear("logits", "pool", 16, 10));
        TrainedNet net = Samples.randomNet(new Network("pooling", data.shape(), 10, ops), 4);

        ParityReport report = new ParityCheck(net, 1)
                .compare(OnnxExport.export(net, "pooling").toByteArray(), data.test(), ParityCheck.TOLERANCE);

        assertThat(report.passed()).as(report.toString()).isTrue();
    }

    @Test
    void bothEnginesComputeWhatBackbonesAreMadeOfAlike() throws Exception {
        Dataset data = Samples.dataset();
        List<Op> ops = List.of(
                new Op.ChannelAffine("standard", Network.INPUT, List.of(1.7f), List.of(-0.3f)),
                new Op.Conv("a_conv", "standard", 1, 16, 3, 2, new Padding(0, 0, 1, 1), 1),
                new Op.BatchNorm("a_norm", "a_conv", 16, 1, 1e-3),
                new Op.Relu6("a_relu", "a_norm"),
                new Op.MaxPool("a_pool", "a_relu", 3, 2, 1),
                new Op.Conv("b_conv", "a_pool", 16, 16, 5, 2, new Padding(1, 2, 2, 2), 16),
                new Op.BatchNorm("b_norm", "b_conv", 16, 1, 1e-3),
                new Op.Conv("c_conv", "b_norm", 16, 32, 3, 1, Padding.even(1), 4),
                new Op.BatchNorm("c_norm", "c_conv", 32, 1, 1e-3),
                new Op.Relu6("c_relu", "c_norm"),
                new Op.GlobalAveragePool("pool", "c_relu"),
                new Op.Linear("logits", "pool", 32, 10));
        TrainedNet net = Samples.randomNet(new Network("parts", data.shape(), 10, ops), 5);

        ParityReport report = new ParityCheck(net, 1)
                .compare(OnnxExport.export(net, "parts").toByteArray(), data.test(), ParityCheck.TOLERANCE);

        assertThat(report.passed()).as(report.toString()).isTrue();
        assertThat(report.maxDifference()).isPositive();
    }

    @ParameterizedTest
    @EnumSource
    void namesTheLayerWithADamagedWeightWhicheverItIs(InputKind input) throws Exception {
        TrainedNet net = Samples.randomNet(3);
        LabelledImages images = Samples.dataset().test().first(60);
        ModelProto model = export(net, input);
        for (Op op : net.network().ops()) {
            for (String weight : learnedBy(op)) {
                ParityReport report = new ParityCheck(net, 1)
                        .compare(damaged(model, weight).toByteArray(), images, ParityCheck.TOLERANCE);

                assertThat(report.passed()).as("%s: %s", weight, report).isFalse();
                assertThat(report.firstLayerBeyondTolerance())
                        .as(weight)
                        .isNotNull()
                        .satisfies(layer -> {
                            assertThat(layer.operations()).contains(op.name());
                            assertThat(layer.relativeDifference())
                                    .isCloseTo(layer.maxDifference() / layer.largestOutput(), offset(1e-12));
                        });
            }
        }
    }

    @Test
    void looksForTheLayerOnTheImageThatDiffersMost() throws Exception {
        TrainedNet net = Samples.randomNet(3);
        LabelledImages images = Samples.dataset().test();
        ParityCheck check = new ParityCheck(net, 1);
        ModelProto damaged = damaged(export(net, InputKind.UINT8), "stage2_a_conv.weight");

        ParityReport report = check.compare(damaged.toByteArray(), images, ParityCheck.TOLERANCE);
        List<LayerDifference> layers = check.layers(damaged, images, report.worstImage());

        assertThat(report.worstImage()).isPositive();
        assertThat(layers)
                .extracting(LayerDifference::layer)
                .startsWith("input", "stem_norm", "stem_relu")
                .endsWith("pool", "logits")
                .doesNotContain("stem_conv");
        assertThat(layers.get(layers.size() - 1).maxDifference())
                .isCloseTo(report.maxDifference(), offset(ParityCheck.TOLERANCE));
        assertThat(layers).contains(Objects.requireNonNull(report.firstLayerBeyondTolerance()));
        LayerDifference before = layers.stream()
                .filter(layer -> layer.layer().equals("stage2_down_relu"))
                .findFirst()
                .orElseThrow();
        assertThat(before.relativeDifference()).isLessThan(1e-5);
    }

    @Test
    void namesTheInputWhenPixelsAreNormalisedInAnotherWay() throws Exception {
        TrainedNet net = Samples.randomNet(3);
        ModelProto model = export(net, InputKind.FLOAT);
        Map<String, String> metadata = OnnxFile.metadata(model);
        metadata.put(ModelMetadata.MEAN, "72");

        ParityReport report = new ParityCheck(net, 1)
                .compare(
                        OnnxFile.withMetadata(model, metadata).toByteArray(),
                        Samples.dataset().test(),
                        ParityCheck.TOLERANCE);

        assertThat(report.passed()).isFalse();
        assertThat(report.firstLayerBeyondTolerance()).isNotNull().satisfies(layer -> assertThat(layer.layer())
                .isEqualTo("input"));
    }

    @Test
    void refusesWhatCannotBeCompared() throws Exception {
        TrainedNet net = Samples.randomNet(3);
        byte[] model = export(net, InputKind.UINT8).toByteArray();
        LabelledImages images = Samples.dataset().test();
        ParityCheck check = new ParityCheck(net, 1);

        assertThatThrownBy(() -> check.compare(model, images.first(0), 1))
                .hasMessage("images: none (expected: at least 1)");
        assertThatThrownBy(() -> check.compare(model, images.resized(new ImageShape(32, 32, 1)), 1))
                .hasMessage("images: 32x32x1 (expected: 28x28x1, as the network takes)");
        assertThatThrownBy(() -> check.compare(model, images, Double.NaN))
                .hasMessage("tolerance: NaN (expected: 0 or more)");
    }

    @Test
    void aDifferenceThatIsNoNumberIsTheLargestAndDoesNotPass() {
        LogitDifference difference = new LogitDifference(2);
        difference.add(new float[] {1, 2, 1, 2}, FloatBuffer.wrap(new float[] {1, 4, 1, Float.NaN}), 2);
        difference.add(new float[] {1, 2}, FloatBuffer.wrap(new float[] {1, 1e9f}), 1);

        assertThat(difference.worst()).isEqualTo(1);
        assertThat(difference.max()).isNaN();
        assertThat(new ParityReport(3, difference.max(), 0, 1, 1, 0, 1, 1, null).passed())
                .isFalse();
    }

    private static List<String> learnedBy(Op op) {
        if (op instanceof Op.Conv conv) {
            return List.of(conv.weight());
        }
        if (op instanceof Op.BatchNorm norm) {
            return List.of(norm.bias());
        }
        return op instanceof Op.Linear linear ? List.of(linear.weight(), linear.bias()) : List.of();
    }

    private static ModelProto export(TrainedNet net, InputKind input) {
        return OnnxExport.export(net, new ExportOptions("random", input, Opset.DEFAULT, Map.of()));
    }

    /** The model with one value of that weight 0.5 larger. */
    private static ModelProto damaged(ModelProto model, String weight) {
        ModelProto.Builder damaged = model.toBuilder();
        for (TensorProto.Builder tensor : damaged.getGraphBuilder().getInitializerBuilderList()) {
            if (tensor.getName().equals(weight)) {
                FloatTensor values = Tensors.floatsOf(tensor.build());
                values.values()[values.values().length / 2] += 0.5f;
                tensor.clear().mergeFrom(Tensors.floats(weight, values));
                return damaged.build();
            }
        }
        throw new IllegalArgumentException("no " + weight);
    }
}

package dev.millrace.trainer.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.millrace.trainer.ForeignModel;
import dev.millrace.trainer.Samples;
import dev.millrace.trainer.calibrate.Calibration;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.observe.ImageInput;
import dev.millrace.trainer.onnx.Nodes;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.onnx.Tensors;
import dev.millrace.trainer.prepare.PreparedModel;
import dev.millrace.trainer.weights.FloatTensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Models with operators that our own exporter never writes, each prepared, calibrated, quantized and compared with what it was. */
class ForeignModelsTest {
    private static final WeightScheme SCHEME = new WeightScheme(WeightWidth.EIGHT_BITS, true);

    @Test
    void depthwiseConvolutionsWithRelu6OfOpset9AndWeightsAsInputs() throws Exception {
        ForeignModel net = new ForeignModel(9, 1, 0);
        net.conv("stem", ForeignModel.INPUT, 1, 16, 2);
        net.node("Clip", "stem6", List.of("stem"), real("min", 0), real("max", 6));
        net.node(
                "Conv",
                "depthwise",
                List.of("stem6", net.weights("depthwise.w", 16, 1, 3, 3)),
                Nodes.integer("group", 16),
                Nodes.integers("pads", 1, 1, 1, 1));
        net.node(
                "BatchNormalization",
                "norm",
                List.of(
                        "depthwise",
                        net.constant(Tensors.floats("norm.w", FloatTensor.filled(1.5f, 16))),
                        net.weights("norm.b", 16),
                        net.weights("norm.m", 16),
                        net.constant(Tensors.floats("norm.v", FloatTensor.filled(0.5f, 16)))));
        net.node("Clip", "norm6", List.of("norm"), real("min", 0), real("max", 6));
        net.node(
                "Upsample",
                "larger",
                List.of("norm6", net.constant(Tensors.floats("s", FloatTensor.vector(1, 1, 2, 2)))));
        net.conv("last", "larger", 16, 8, 1);
        ModelProto model = net.output("last").withWeightsAsInputs().build();

        Result result = quantize(model);

        assertThat(result.prepared.opsetBefore()).isEqualTo(9);
        assertThat(result.prepared.largestDifference()).isLessThan(1e-5);
        assertThat(result.sqnrDb).isGreaterThan(25);
        assertThat(Fused.operators(result.int8))
                .containsEntry("QLinearConv", 3L)
                .doesNotContainKeys("Conv", "FusedConv", "Clip", "BatchNormalization", "Upsample");
    }

    @Test
    void concatSplitAndSharedWeightsStayOnIntegers() throws Exception {
        ForeignModel net = new ForeignModel(11, 2, 0);
        net.conv("a", ForeignModel.INPUT, 1, 16, 2);
        net.node("Relu", "a_relu", List.of("a"));
        net.node(Nodes.node("Split", List.of("a_relu"), "left", Nodes.integer("axis", 1)).toBuilder()
                .addOutput("right")
                .build());
        String shared = net.weights("shared.w", 8, 8, 3, 3);
        String bias = net.weights("shared.b", 8);
        net.node("Conv", "l", List.of("left", shared, bias), Nodes.integers("pads", 1, 1, 1, 1));
        net.node("Conv", "r", List.of("right", shared, bias), Nodes.integers("pads", 1, 1, 1, 1));
        net.node("Concat", "both", List.of("l", "r"), Nodes.integer("axis", 1));
        net.conv("last", "both", 16, 16, 2);
        ModelProto model = net.output("last").build();

        Result result = quantize(model);

        assertThat(result.sqnrDb).isGreaterThan(25);
        assertThat(Fused.operators(result.int8))
                .containsEntry("QLinearConv", 4L)
                .containsEntry("QLinearConcat", 1L)
                .doesNotContainKeys("Conv", "FusedConv", "Concat");
    }

    @Test
    void squeezeAndExcitationWithSigmoidGates() throws Exception {
        ForeignModel net = new ForeignModel(12, 3, 0);
        net.conv("a", ForeignModel.INPUT, 1, 16, 2);
        net.node("Relu", "a_relu", List.of("a"));
        net.node("GlobalAveragePool", "squeezed", List.of("a_relu"));
        net.node("Conv", "excited", List.of("squeezed", net.weights("e.w", 16, 16, 1, 1), net.weights("e.b", 16)));
        net.node("Sigmoid", "gate", List.of("excited"));
        net.node("Mul", "gated", List.of("a_relu", "gate"));
        net.conv("last", "gated", 16, 16, 2);

        Result result = quantize(net.output("last").build());

        assertThat(result.sqnrDb).isGreaterThan(25);
        assertThat(Fused.operators(result.int8))
                .containsEntry("QLinearConv", 3L)
                .containsEntry("QLinearMul", 1L)
                .containsEntry("QLinearSigmoid", 1L);
    }

    @Test
    void hardSwishIsHalfFloatBetweenIntegerConvolutions() throws Exception {
        ForeignModel net = new ForeignModel(14, 4, 0);
        net.conv("a", ForeignModel.INPUT, 1, 16, 2);
        net.node("HardSwish", "a_act", List.of("a"));
        net.conv("last", "a_act", 16, 16, 2);

        Result result = quantize(net.output("last").build());

        assertThat(result.sqnrDb).isGreaterThan(25);
        // ONNX Runtime takes it apart into HardSigmoid and Mul.
        assertThat(result.plan.staysFloat).containsValue("no integer kernel for HardSigmoid");
        assertThat(Fused.operators(result.int8))
                .containsEntry("QLinearConv", 2L)
                .containsEntry("QLinearMul", 1L);
    }

    @Test
    void gemmMatMulConstantOperandsAndSoftmax() throws Exception {
        ForeignModel net = new ForeignModel(9, 5, 0);
        net.conv("a", ForeignModel.INPUT, 1, 16, 2);
        net.node("Relu", "a_relu", List.of("a"));
        net.node("Mul", "scaled", List.of("a_relu", net.constant(Tensors.scalar("half", 0.5f))));
        net.node("GlobalAveragePool", "pooled", List.of("scaled"));
        net.node("Flatten", "flat", List.of("pooled"));
        net.node("Gemm", "hidden", List.of("flat", net.weights("g.w", 16, 32), net.weights("g.b", 32)));
        net.node("Relu", "hidden_relu", List.of("hidden"));
        net.node("MatMul", "product", List.of("hidden_relu", net.weights("m.w", 32, 10)));
        net.node("Softmax", "shares", List.of("product"));

        Result result = quantize(net.output("shares").build());

        assertThat(result.sqnrDb).isGreaterThan(25);
        assertThat(Fused.operators(result.int8))
                .containsEntry("QLinearConv", 1L)
                .containsEntry("QLinearMul", 1L)
                .containsEntry("QGemm", 1L)
                .doesNotContainKeys("Gemm", "MatMul", "Relu");
    }

    @Test
    void anOutputThatIsReadInsideKeepsItsName() throws Exception {
        ForeignModel net = new ForeignModel(13, 6, 1);
        net.conv("a", ForeignModel.INPUT, 1, 16, 2);
        net.node("Relu", "features", List.of("a"));
        net.conv("last", "features", 16, 16, 2);

        Result result = quantize(net.output("features").output("last").build());

        assertThat(result.sqnrDb).isGreaterThan(25);
        assertThat(Fused.operators(result.int8))
                .containsEntry("QLinearConv", 2L)
                .doesNotContainKeys("Conv", "FusedConv", "Relu");
    }

    @Test
    void subgraphsStayInFloatAndReadWhatTheyRead() throws Exception {
        ForeignModel net = new ForeignModel(13, 7, 0);
        net.conv("a", ForeignModel.INPUT, 1, 16, 2);
        net.node("Relu", "a_relu", List.of("a"));
        net.node("ReduceMax", "top", List.of("a_relu"), Nodes.integer("keepdims", 0));
        net.node("Greater", "bright", List.of("top", net.constant(Tensors.scalar("zero", 0.25f))));
        net.node("If", "chosen", List.of("bright"), branch("then_branch", "Neg"), branch("else_branch", "Abs"));
        net.conv("last", "chosen", 16, 16, 2);

        Result result = quantize(net.output("last").build());

        assertThat(result.sqnrDb).isGreaterThan(25);
        assertThat(result.plan.staysFloat).containsEntry("chosen", "holds a subgraph");
    }

    @Test
    void everyIntegerNodeCanBeQuantizedAlone() throws Exception {
        ForeignModel net = new ForeignModel(13, 15, 0);
        net.conv("a", ForeignModel.INPUT, 1, 16, 2);
        net.conv("b", "a", 16, 16, 1);
        net.node("Add", "sum", List.of("a", "b"));
        net.node("Relu", "sum_relu", List.of("sum"));
        net.conv("c", "sum_relu", 16, 16, 2);
        net.node("GlobalAveragePool", "pool", List.of("c"));
        net.node("Flatten", "flat", List.of("pool"));
        net.node("Gemm", "hidden", List.of("flat", net.weights("h.w", 16, 16), net.weights("h.b", 16)));
        net.node("Relu", "hidden_relu", List.of("hidden"));
        net.node("Gemm", "last", List.of("hidden_relu", net.weights("l.w", 16, 8), net.weights("l.b", 8)));
        ModelProto model = net.output("last").build();
        LabelledImages images = Samples.dataset().train().first(48);
        ImageInput input = ImageInput.of(model, OnnxFile.metadata(model));
        CalibratedModel calibrated =
                new CalibratedModel(PreparedModel.of(model, input, images), Calibration.MINMAX, images);
        Reference reference = new Reference(model, input, images.first(8), false, false);

        assertThat(calibrated.plan(Map.of()).integer).containsExactly("a", "b", "sum", "c", "pool", "hidden", "last");
        for (String node : calibrated.plan(Map.of()).integer) {
            assertThat(reference
                            .compare(calibrated.onlyQuantizing(node, SCHEME))
                            .sqnrDb())
                    .as(node)
                    .isBetween(25.0, 100.0);
        }
    }

    @Test
    void keptNodesStayInFloat() throws Exception {
        ForeignModel net = new ForeignModel(13, 8, 0);
        net.conv("a", ForeignModel.INPUT, 1, 16, 2);
        net.node("Relu", "a_relu", List.of("a"));
        net.conv("last", "a_relu", 16, 16, 2);
        ModelProto model = net.output("last").build();

        Result result = quantize(model, Map.of("a", "as asked"));

        assertThat(result.plan.staysFloat).containsEntry("a", "as asked");
        assertThat(Fused.operators(result.int8)).containsEntry("QLinearConv", 1L);
        assertThat(result.sqnrDb).isGreaterThan(quantize(model).sqnrDb);
    }

    @Test
    void halfPrecisionHalvesTheWeightsAndKeepsInputsAndOutputs() throws Exception {
        ForeignModel net = new ForeignModel(11, 12, 0);
        net.conv("a", ForeignModel.INPUT, 1, 16, 2);
        net.node("Relu", "features", List.of("a"));
        net.node(
                "Resize",
                "larger",
                List.of(
                        "features",
                        net.constant(Tensors.floats("roi", FloatTensor.vector())),
                        net.constant(Tensors.floats("s", FloatTensor.vector(1, 1, 2, 2)))));
        net.conv("b", "larger", 16, 64, 2);
        net.node("Softmax", "shares", List.of("b"), Nodes.integer("axis", 3));
        net.conv("last", "shares", 64, 64, 2);
        ModelProto model = net.output("features").output("last").build();
        LabelledImages images = Samples.dataset().train().first(8);
        ImageInput input = ImageInput.of(model, OnnxFile.metadata(model));

        HalfPrecision rewrite = new HalfPrecision(PreparedModel.of(model, input, images));
        ModelProto half = rewrite.model();

        assertThat(half.getSerializedSize()).isLessThan((int) (0.6 * model.getSerializedSize()));
        assertThat(rewrite.staysFloat()).containsEntry("shares", "Softmax is computed in float32");
        assertThat(new Reference(model, input, images, false, false)
                        .compare(half)
                        .sqnrDb())
                .isBetween(50.0, 120.0);
    }

    @Test
    void refusesWhatIsQuantizedAlready() throws Exception {
        ForeignModel net = new ForeignModel(13, 9, 0);
        net.conv("last", ForeignModel.INPUT, 1, 16, 2);
        ModelProto int8 = quantize(net.output("last").build()).int8;

        assertThatThrownBy(() -> quantize(int8)).hasMessageContaining("QuantizeLinear (expected: an fp32 model");
    }

    @Test
    void refusesAnOpsetOlderThan9() {
        ForeignModel net = new ForeignModel(8, 10, 0);
        net.conv("last", ForeignModel.INPUT, 1, 16, 2);

        assertThatThrownBy(() -> quantize(net.output("last").build())).hasMessage("opset: 8 (expected: from 9)");
    }

    @Test
    void checkTellsIntegerNodesFromThoseThatStayFloat() throws Exception {
        ForeignModel net = new ForeignModel(11, 13, 0);
        net.conv("a", ForeignModel.INPUT, 1, 16, 2);
        net.node("Elu", "a_elu", List.of("a"));
        net.conv("last", "a_elu", 16, 16, 2);
        ModelProto model = net.output("last").build();

        SupportCheck.Report report = SupportCheck.check(model, ImageInput.of(model, OnnxFile.metadata(model)));

        assertThat(report.runs()).isTrue();
        assertThat(report.integer()).containsExactly("a", "last");
        assertThat(report.staysFp32()).containsExactly(Map.entry("a_elu", "no integer kernel for Elu"));
        assertThat(report.operators())
                .containsExactly(new SupportCheck.Operator("Conv", 2, null), new SupportCheck.Operator("Elu", 1, null));
    }

    @Test
    void checkNamesEveryOperatorThatNobodyKnows() throws Exception {
        ForeignModel net = new ForeignModel(13, 14, 0);
        net.node("Sparkle", "a", List.of(ForeignModel.INPUT));
        net.node(Nodes.node("Glitter", List.of("a"), "b").toBuilder()
                .setDomain("org.example")
                .build());
        net.conv("last", "b", 1, 16, 2);
        ModelProto model = net.output("last").build();

        SupportCheck.Report report = SupportCheck.check(model, ImageInput.of(model, OnnxFile.metadata(model)));

        assertThat(report.runs()).isFalse();
        assertThat(report.operators())
                .extracting(SupportCheck.Operator::name, operator -> operator.refusal() == null)
                .containsExactly(tuple("Conv", true), tuple("Sparkle", false), tuple("org.example.Glitter", false));
    }

    @Test
    void saysWhichOperatorNobodyKnows() {
        ForeignModel net = new ForeignModel(13, 11, 0);
        net.node("Sparkle", "last", List.of(ForeignModel.INPUT));

        assertThatThrownBy(() -> quantize(net.output("last").build())).hasMessageContaining("Sparkle");
    }

    private record Result(PreparedModel prepared, GraphPlan plan, ModelProto int8, double sqnrDb) {}

    private static Result quantize(ModelProto model) throws Exception {
        return quantize(model, Map.of());
    }

    private static Result quantize(ModelProto model, Map<String, String> keep) throws Exception {
        LabelledImages images = Samples.dataset().train().first(48);
        ImageInput input = ImageInput.of(model, OnnxFile.metadata(model));
        PreparedModel prepared = PreparedModel.of(model, input, images);
        CalibratedModel calibrated = new CalibratedModel(prepared, Calibration.MINMAX, images);
        ModelProto int8 = calibrated.model(SCHEME, keep);
        LabelledImages others = Samples.dataset().validation().first(16);
        return new Result(
                prepared,
                calibrated.plan(keep),
                int8,
                new Reference(model, input, others, false, false).compare(int8).sqnrDb());
    }

    private static AttributeProto real(String name, float value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.FLOAT)
                .setF(value)
                .build();
    }

    private static AttributeProto branch(String name, String operator) {
        GraphProto graph = GraphProto.newBuilder()
                .setName(name)
                .addNode(Nodes.node(operator, List.of("a_relu"), name + "_out"))
                .addOutput(ValueInfoProto.newBuilder()
                        .setName(name + "_out")
                        .setType(TypeProto.newBuilder()
                                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT.getNumber()))))
                .build();
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.GRAPH)
                .setG(graph)
                .build();
    }
}

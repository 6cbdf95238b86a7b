package dev.millrace.trainer.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import dev.millrace.trainer.Samples;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.evaluate.Evaluation;
import dev.millrace.trainer.evaluate.Evaluator;
import dev.millrace.trainer.onnx.Graphs;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.weights.TrainedNet;
import dev.millrace.worker.model.ElementType;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OnnxExportTest {
    @Test
    void aWorkerGivesTheSameLabelsWhateverTheInputAndTheOpset() throws Exception {
        TrainedNet net = Samples.randomNet(3);
        Dataset data = Samples.dataset();
        Evaluator evaluator = new Evaluator(data.test(), data.classes());
        Evaluation expected =
                evaluator.evaluate(OnnxExport.export(net, "random").toByteArray());

        for (int opset = 17; opset <= 26; opset++) {
            InputKind input = opset % 2 == 0 ? InputKind.UINT8 : InputKind.FLOAT;
            ModelProto model = export(net, input, new Opset(opset));

            Evaluation evaluation = evaluator.evaluate(model.toByteArray());

            assertThat(Graphs.opset(model)).isEqualTo(opset);
            assertThat(evaluation.classes()).as("opset %d, %s", opset, input).isEqualTo(expected.classes());
            assertThat(evaluation.top5()).isEqualTo(expected.top5());
        }
    }

    @Test
    void refusesOpsetsThatOnnxRuntimeOrTheOperatorsHereDoNotHave() throws Exception {
        byte[] newer = export(Samples.randomNet(3), InputKind.UINT8, new Opset(26)).toBuilder()
                .setOpsetImport(0, OperatorSetIdProto.newBuilder().setVersion(27))
                .build()
                .toByteArray();

        assertThatThrownBy(() -> new Opset(16)).hasMessage("opset: 16 (expected: 17 to 26)");
        assertThatThrownBy(() -> new Opset(27)).hasMessage("opset: 27 (expected: 17 to 26)");
        // When this fails, ONNX Runtime has learned a newer one.
        assertThatThrownBy(() -> ModelSpec.describe(newer))
                .isInstanceOf(ModelRefusedException.class)
                .hasMessageContaining("Opset 27 is under development");
    }

    @Test
    void eachOpsetHasTheFileFormatOfItsRelease() {
        assertThat(List.of(17, 18, 19, 20, 21, 22, 23, 24, 25, 26))
                .extracting(version -> new Opset(version).irVersion())
                .containsExactly(8, 8, 9, 9, 10, 10, 11, 12, 13, 13);
    }

    @ParameterizedTest
    @EnumSource
    void saysHowItIsUsedAndWhereItComesFrom(InputKind input) throws Exception {
        ModelProto model = export(Samples.randomNet(3), input, Opset.DEFAULT);

        ModelSpec spec = ModelSpec.describe(model.toByteArray());
        assertThat(spec.name()).isEqualTo("random");
        assertThat(spec.elementType()).isEqualTo(input == InputKind.UINT8 ? ElementType.UINT8 : ElementType.FLOAT32);
        assertThat(spec.mean()).containsExactly(73f);
        assertThat(spec.scale()).containsExactly(1 / 64f);
        assertThat(spec.labels()).hasSize(10);
        Map<String, String> metadata = OnnxFile.metadata(model);
        assertThat(metadata)
                .containsEntry("dataset", "fashion-mnist")
                .containsEntry(ModelMetadata.PARENT_VERSION, "3")
                .containsEntry("Image.BitmapPixelFormat", "Gray8")
                .containsEntry("Image.ColorSpaceGamma", "SRGB");
        assertThat(metadata.get("Image.NominalPixelRange"))
                .isEqualTo(input == InputKind.UINT8 ? "NominalRange_0_255" : null);
        TypeProto type = model.getGraph().getInput(0).getType();
        assertThat(type.getDenotation()).isEqualTo("IMAGE");
        assertThat(type.getTensorType().getShape().getDimList())
                .extracting(TensorShapeProto.Dimension::getDenotation)
                .containsExactly("DATA_BATCH", "DATA_CHANNEL", "DATA_FEATURE", "DATA_FEATURE");
    }

    private static ModelProto export(TrainedNet net, InputKind input, Opset opset) {
        return OnnxExport.export(
                net, new ExportOptions("random", input, opset, Map.of(ModelMetadata.PARENT_VERSION, "3")));
    }
}

package dev.millrace.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The paths that need no GPU; no machine has as many as these tests ask for. */
final class DeviceProbeTest {

    private static final Device ABSENT = Device.parse("cuda:9999");

    @Test
    void refusesAnAbsentGpuInTheProvidersOwnWords() {
        assertThatExceptionOfType(ModelRefusedException.class)
                .isThrownBy(() -> DeviceProbe.require(DeviceRequest.prefer(ABSENT)))
                .withMessageMatching(
                        "(?s)device: cuda:9999 \\(expected: usable, since it is required\\): .*(CUDA|Invalid device ID).*");
    }

    @Test
    void asksNothingOfACpu() {
        assertThatCode(() -> DeviceProbe.require(DeviceRequest.require(Device.parse("cpu:0"))))
                .doesNotThrowAnyException();
    }

    @Test
    void triesAGraphOfOneNodeThatEveryProviderHas() throws Exception {
        assertThat(ModelProto.parseFrom(DeviceProbe.graph()).getGraph().getNodeList())
                .extracting(NodeProto::getOpType)
                .containsExactly("Relu");
        try (OrtSession session = Sessions.open(DeviceProbe.graph(), DeviceRequest.ANY_CPU)
                        .session();
                OnnxTensor input = OnnxTensor.createTensor(OnnxRuntime.environment(), new float[] {-1});
                OrtSession.Result result = session.run(Map.of("x", input))) {
            assertThat((float[]) result.get(0).getValue()).containsExactly(0f);
        }
    }

    @Test
    void refusesASessionThatLeavesANodeToTheCpu() throws Exception {
        byte[] onnx = TinyModels.classifier(4, 4, 1, 4);
        try (SessionOptions options = Sessions.options(OptLevel.ALL_OPT)) {
            assertThatExceptionOfType(OrtException.class)
                    .isThrownBy(() -> Sessions.withoutCpuNodes(onnx, options).close())
                    .withMessageContaining("fallback to CPU EP has been explicitly disabled");
        }
    }
}

package dev.millrace.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.onnxruntime.OrtException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class OnnxRuntimeReasonTest {
    @Test
    void leavesOutCodesAndPlacesInItsSource() {
        assertThat(OnnxRuntime.reason(
                        new OrtException("Error code - ORT_FAIL - message: /onnxruntime_src/core/graph/model.cc:192"
                                + " onnxruntime::Model::Model(onnx::ModelProto&&, const Options&) Unsupported model IR"
                                + " version: 14, max supported IR version: 13\n")))
                .isEqualTo("Unsupported model IR version: 14, max supported IR version: 13");
        assertThat(OnnxRuntime.reason(new OrtException(
                        "Error code - ORT_RUNTIME_EXCEPTION - message: Exception during initialization:"
                                + " /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:359 void*"
                                + " onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*)"
                                + " Available memory of 8388096 is smaller than requested bytes of 60211200\n")))
                .isEqualTo("Available memory of 8388096 is smaller than requested bytes of 60211200");
        assertThat(OnnxRuntime.reason(new OrtException("Error code - ORT_FAIL - message: acme:Op(-1) is unknown")))
                .isEqualTo("acme:Op(-1) is unknown");
    }

    @Test
    void keepsWhatItSaysOfARealModel() {
        byte[] noModel = "no model".getBytes(StandardCharsets.UTF_8);

        OrtException refusal = catchThrowableOfType(
                OrtException.class, () -> OnnxRuntime.environment().createSession(noModel));

        assertThat(OnnxRuntime.reason(refusal)).doesNotContain("Error code").isNotEmpty();
    }
}

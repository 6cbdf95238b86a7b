package dev.millrace.trainer.retrain;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a run does, in this order. Each has one output, which is there whole or not at all. */
public enum Step {
    /** Goes on from the champion's float weights. */
    TRAIN("trained.safetensors"),
    /** Writes the fp32 ONNX model. */
    EXPORT("fp32.onnx"),
    /** Compares it with the network in PyTorch. */
    PARITY("parity.json"),
    /** Makes the candidate of it. */
    QUANTIZE("candidate.onnx"),
    /** Compares the candidate with the champion. */
    GATE("gate.json");

    private final String output;

    Step(String output) {
        this.output = output;
    }

    /** As on the wire: {@code train}. */
    @JsonValue
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Name of the file in the run's folder. */
    String output() {
        return output;
    }
}

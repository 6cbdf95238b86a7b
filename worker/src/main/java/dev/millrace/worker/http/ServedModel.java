package dev.millrace.worker.http;

import java.util.List;

/**
 * A version of a model, as the Open Inference Protocol asks for it.
 *
 * @param version as requests pin it
 * @param chosen whether it answers requests that name no version
 * @param missing why it answers nothing; empty when it is loaded
 * @param inputs what its graph takes; empty when it is not loaded
 * @param outputs what of its graph is read; empty when it is not loaded
 */
public record ServedModel(
        String name, int version, boolean chosen, String missing, List<Tensor> inputs, List<Tensor> outputs) {
    /** Copies the lists. */
    public ServedModel {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /**
     * A tensor of its graph.
     *
     * @param datatype in the protocol's words: {@code UINT8} or {@code FP32}
     * @param shape with the batch, which is -1 where any size will do
     */
    public record Tensor(String name, String datatype, List<Long> shape) {
        /** Copies the shape. */
        public Tensor {
            shape = List.copyOf(shape);
        }
    }

    boolean ready() {
        return missing.isEmpty();
    }
}

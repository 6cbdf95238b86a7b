package dev.millrace.worker.model;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The input and pinned outputs of runs of one batch size: tensors over the first rows of a model's buffers, made once,
 * so that a run copies and allocates next to nothing.
 */
final class BatchTensors implements AutoCloseable {

    private final OnnxTensor input;
    private final Map<String, OnnxTensor> inputs;
    private final Map<String, OnnxTensor> outputs;

    private BatchTensors(ModelSpec spec, OnnxTensor input, Map<String, OnnxTensor> outputs) {
        this.input = input;
        this.inputs = Map.of(spec.inputTensor(), input);
        this.outputs = outputs;
    }

    static BatchTensors overPixels(ModelSpec spec, int n, ByteBuffer pixels, List<FloatBuffer> outputs)
            throws OrtException {
        ByteBuffer rows = pixels.slice(0, n * spec.pixels().bytes());
        OnnxTensor input = OnnxTensor.createTensor(
                OnnxRuntime.environment(), rows, spec.pixels().batch(n), OnnxJavaType.UINT8);
        return withOutputs(spec, n, input, outputs);
    }

    static BatchTensors overFloats(ModelSpec spec, int n, FloatBuffer floats, List<FloatBuffer> outputs)
            throws OrtException {
        FloatBuffer rows = floats.slice(0, n * spec.pixels().bytes());
        OnnxTensor input = OnnxTensor.createTensor(
                OnnxRuntime.environment(), rows, spec.pixels().batch(n));
        return withOutputs(spec, n, input, outputs);
    }

    private static BatchTensors withOutputs(ModelSpec spec, int n, OnnxTensor input, List<FloatBuffer> buffers)
            throws OrtException {
        Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
        try {
            for (int i = 0; i < buffers.size(); i++) {
                ModelOutput output = spec.outputs().get(i);
                FloatBuffer rows = buffers.get(i).slice(0, n * output.values());
                outputs.put(output.tensor(), OnnxTensor.createTensor(OnnxRuntime.environment(), rows, output.batch(n)));
            }
            return new BatchTensors(spec, input, outputs);
        } catch (OrtException e) {
            outputs.values().forEach(OnnxTensor::close);
            input.close();
            throw e;
        }
    }

    void run(OrtSession session) throws OrtException {
        session.run(inputs, outputs).close();
    }

    Map<String, OnnxTensor> inputs() {
        return inputs;
    }

    @Override
    public void close() {
        outputs.values().forEach(OnnxTensor::close);
        input.close();
    }
}

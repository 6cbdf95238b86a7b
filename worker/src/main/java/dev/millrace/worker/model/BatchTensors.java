package dev.millrace.worker.model;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.decode.TensorLayout;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Map;

/**
 * The input and pinned output of runs of one batch size: tensors over the first rows of a model's buffers, made once,
 * so that a run copies and allocates next to nothing.
 */
final class BatchTensors implements AutoCloseable {

    private final OnnxTensor input;
    private final OnnxTensor output;
    private final Map<String, OnnxTensor> inputs;
    private final Map<String, OnnxTensor> outputs;

    private BatchTensors(ModelSpec spec, OnnxTensor input, OnnxTensor output) {
        this.input = input;
        this.output = output;
        this.inputs = Map.of(spec.inputTensor(), input);
        this.outputs = Map.of(spec.outputTensor(), output);
    }

    static BatchTensors overPixels(ModelSpec spec, int n, ByteBuffer pixels, FloatBuffer logits) throws OrtException {
        ByteBuffer rows = pixels.slice(0, n * spec.pixels().bytes());
        OnnxTensor input =
                OnnxTensor.createTensor(OnnxRuntime.environment(), rows, shape(spec.pixels(), n), OnnxJavaType.UINT8);
        return withOutput(spec, n, input, logits);
    }

    static BatchTensors overFloats(ModelSpec spec, int n, FloatBuffer floats, FloatBuffer logits) throws OrtException {
        FloatBuffer rows = floats.slice(0, n * spec.pixels().bytes());
        OnnxTensor input = OnnxTensor.createTensor(OnnxRuntime.environment(), rows, shape(spec.pixels(), n));
        return withOutput(spec, n, input, logits);
    }

    private static BatchTensors withOutput(ModelSpec spec, int n, OnnxTensor input, FloatBuffer logits)
            throws OrtException {
        int labels = spec.labels().size();
        try {
            OnnxTensor output = OnnxTensor.createTensor(
                    OnnxRuntime.environment(), logits.slice(0, n * labels), new long[] {n, labels});
            return new BatchTensors(spec, input, output);
        } catch (OrtException e) {
            input.close();
            throw e;
        }
    }

    /** The shape of {@code n} images. */
    static long[] shape(PixelShape pixels, int n) {
        return pixels.layout() == TensorLayout.NCHW
                ? new long[] {n, pixels.channels(), pixels.height(), pixels.width()}
                : new long[] {n, pixels.height(), pixels.width(), pixels.channels()};
    }

    void run(OrtSession session) throws OrtException {
        session.run(inputs, outputs).close();
    }

    Map<String, OnnxTensor> inputs() {
        return inputs;
    }

    @Override
    public void close() {
        output.close();
        input.close();
    }
}

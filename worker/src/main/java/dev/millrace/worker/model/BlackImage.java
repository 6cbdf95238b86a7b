package dev.millrace.worker.model;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Tells the shapes of outputs that a graph leaves open, by a run on an image, all zeros. Stateless. */
final class BlackImage {

    private BlackImage() {}

    /**
     * The outputs, of which nothing but the batch is open any more.
     *
     * @param input of the graph, nothing but the batch open
     * @throws ModelRefusedException if the graph does not run, or an output is no tensor
     */
    static List<GraphTensor> outputs(OrtSession session, GraphTensor input) throws ModelRefusedException {
        long[] shape = input.shape().stream().mapToLong(Long::longValue).toArray();
        shape[0] = Math.max(1, shape[0]);
        try (OnnxTensor black = tensor(input.elementType(), shape);
                OrtSession.Result result = session.run(Map.of(input.name(), black))) {
            List<GraphTensor> outputs = new ArrayList<>();
            for (GraphTensor declared : GraphTensor.outputs(session)) {
                OnnxValue value = result.get(declared.name()).orElseThrow();
                if (!(value.getInfo() instanceof TensorInfo tensor)) {
                    throw new ModelRefusedException(declared.name() + ": " + value.getInfo() + " (expected: a tensor)");
                }
                outputs.add(declared.withShape(tensor.getShape()));
            }
            return outputs;
        } catch (OrtException | ArithmeticException e) {
            throw new ModelRefusedException(
                    "model: does not run on an image, all zeros, of " + input + ": " + e.getMessage(), e);
        }
    }

    private static OnnxTensor tensor(ElementType type, long[] shape) throws OrtException {
        int values = Math.toIntExact(LongStream.of(shape).reduce(1, Math::multiplyExact));
        boolean floats = type == ElementType.FLOAT32;
        ByteBuffer zeros = ByteBuffer.allocateDirect(floats ? Math.multiplyExact(values, Float.BYTES) : values)
                .order(ByteOrder.nativeOrder());
        return floats
                ? OnnxTensor.createTensor(OnnxRuntime.environment(), zeros.asFloatBuffer(), shape)
                : OnnxTensor.createTensor(OnnxRuntime.environment(), zeros, shape, OnnxJavaType.UINT8);
    }
}

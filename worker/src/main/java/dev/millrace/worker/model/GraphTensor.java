package dev.millrace.worker.model;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A tensor that goes into or comes out of a graph.
 *
 * @param shape dimensions, -1 for one that the caller chooses
 */
record GraphTensor(String name, OnnxJavaType type, List<Long> shape) {

    static GraphTensor soleInput(OrtSession session) throws OrtException, ModelRefusedException {
        return sole("inputs", session.getInputInfo());
    }

    static List<GraphTensor> outputs(OrtSession session) throws OrtException, ModelRefusedException {
        List<GraphTensor> outputs = new ArrayList<>();
        for (NodeInfo info : session.getOutputInfo().values()) {
            outputs.add(of(info));
        }
        return outputs;
    }

    static GraphTensor output(OrtSession session, String name) throws OrtException, ModelRefusedException {
        NodeInfo info = session.getOutputInfo().get(name);
        if (info == null) {
            throw new ModelRefusedException("output: " + name + " (expected: one of " + session.getOutputNames() + ")");
        }
        return of(info);
    }

    private static GraphTensor sole(String what, Map<String, NodeInfo> tensors) throws ModelRefusedException {
        if (tensors.size() != 1) {
            throw new ModelRefusedException(what + ": " + tensors.keySet() + " (expected: exactly one)");
        }
        return of(tensors.values().iterator().next());
    }

    private static GraphTensor of(NodeInfo node) throws ModelRefusedException {
        if (node.getInfo() instanceof TensorInfo tensor) {
            return new GraphTensor(
                    node.getName(),
                    tensor.type,
                    Arrays.stream(tensor.getShape()).boxed().toList());
        }
        throw new ModelRefusedException(node.getName() + ": " + node.getInfo() + " (expected: a tensor)");
    }

    /** -1 where the caller chooses, or the graph has no such axis. */
    long dimension(int axis) {
        return axis < shape.size() ? shape.get(axis) : -1;
    }

    /** Whether the caller chooses more than the batch, the first axis. */
    boolean isOpen() {
        return shape.stream().skip(1).anyMatch(size -> size < 0);
    }

    /** As it really is; whoever chooses the batch goes on to choose it. */
    GraphTensor withShape(long[] actual) {
        List<Long> sizes = new ArrayList<>(Arrays.stream(actual).boxed().toList());
        if (!sizes.isEmpty() && dimension(0) < 0) {
            sizes.set(0, -1L);
        }
        return new GraphTensor(name, type, List.copyOf(sizes));
    }

    /** Whether a tensor of this shape fits. */
    boolean takes(long[] actual) {
        if (actual.length != shape.size()) {
            return false;
        }
        for (int axis = 0; axis < actual.length; axis++) {
            if (shape.get(axis) >= 0 && shape.get(axis) != actual[axis]) {
                return false;
            }
        }
        return true;
    }

    void requireRank(int rank, String form) throws ModelRefusedException {
        if (shape.size() != rank) {
            throw new ModelRefusedException("tensor: " + this + " (expected: " + form + ")");
        }
    }

    void requireFloat() throws ModelRefusedException {
        if (type != OnnxJavaType.FLOAT) {
            throw new ModelRefusedException("tensor: " + this + " (expected: float)");
        }
    }

    ElementType elementType() throws ModelRefusedException {
        if (type == OnnxJavaType.UINT8) {
            return ElementType.UINT8;
        }
        if (type == OnnxJavaType.FLOAT) {
            return ElementType.FLOAT32;
        }
        throw new ModelRefusedException("input: " + this + " (expected: uint8 or float)");
    }

    @Override
    public String toString() {
        return name + " " + type + shape;
    }
}

package dev.millrace.trainer.observe;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.worker.model.OnnxRuntime;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/** A model with uint8 NCHW input whose inner float tensors come out, too. Single-threaded. */
public final class ObservedModel implements AutoCloseable {
    private static final int BATCH = 16;

    private final OrtEnvironment environment = OnnxRuntime.environment();
    private final Set<String> tensors;
    private final OrtSession session;

    /**
     * Opens a session that observes.
     *
     * @param tensors names of float tensors of the graph
     * @throws IllegalArgumentException when ONNX Runtime refuses the model or a tensor
     */
    public ObservedModel(ModelProto model, Set<String> tensors) {
        this.tensors = Set.copyOf(tensors);
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            // Fusions would remove the very tensors that are asked for.
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
            this.session = environment.createSession(withOutputs(model, tensors), options);
        } catch (OrtException e) {
            throw new IllegalArgumentException("model: cannot be observed: " + e.getMessage(), e);
        }
    }

    /** Runs images in small batches; hands over every observed tensor of every batch, row-major. */
    public void run(LabelledImages images, BiConsumer<String, FloatBuffer> observer) {
        String input = session.getInputNames().iterator().next();
        try {
            for (int from = 0; from < images.size(); from += BATCH) {
                try (OnnxTensor pixels = batch(images, from);
                        OrtSession.Result result = session.run(Map.of(input, pixels), tensors)) {
                    for (String tensor : tensors) {
                        OnnxTensor value = (OnnxTensor) result.get(tensor).orElseThrow();
                        observer.accept(tensor, value.getFloatBuffer());
                    }
                }
            }
        } catch (OrtException e) {
            throw new IllegalArgumentException(
                    "model: cannot run %s images: %s".formatted(images.shape(), e.getMessage()), e);
        }
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("a session that is open can be closed", e);
        }
    }

    private static byte[] withOutputs(ModelProto model, Set<String> tensors) {
        GraphProto.Builder graph = model.getGraph().toBuilder();
        Set<String> already =
                graph.getOutputList().stream().map(ValueInfoProto::getName).collect(Collectors.toSet());
        TypeProto type = TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT.getNumber()))
                .build();
        tensors.stream()
                .filter(tensor -> !already.contains(tensor))
                .sorted()
                .forEach(tensor -> graph.addOutput(
                        ValueInfoProto.newBuilder().setName(tensor).setType(type)));
        return model.toBuilder().setGraph(graph).build().toByteArray();
    }

    private OnnxTensor batch(LabelledImages images, int from) throws OrtException {
        int n = Math.min(BATCH, images.size() - from);
        ByteBuffer pixels =
                ByteBuffer.allocateDirect(n * images.shape().bytes()).order(ByteOrder.nativeOrder());
        for (int i = from; i < from + n; i++) {
            images.putPlanes(i, pixels);
        }
        long[] shape = {
            n,
            images.shape().channels(),
            images.shape().height(),
            images.shape().width()
        };
        return OnnxTensor.createTensor(environment, pixels.flip(), shape, OnnxJavaType.UINT8);
    }
}

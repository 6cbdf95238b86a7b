package dev.millrace.trainer.observe;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.onnx.Graphs;
import dev.millrace.worker.model.OnnxRuntime;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/** A model whose inner float tensors come out, too. Single-threaded. */
public final class ObservedModel implements AutoCloseable {
    private static final int BATCH = 16;

    private final OrtEnvironment environment = OnnxRuntime.environment();
    private final ImageInput input;
    private final Set<String> tensors;
    private final OrtSession session;

    /**
     * Opens a session that observes.
     *
     * @param tensors names of tensors of the graph
     * @throws IllegalArgumentException when ONNX Runtime refuses the model or a tensor
     */
    public ObservedModel(ModelProto model, ImageInput input, Set<String> tensors) {
        this.input = input;
        this.tensors = Set.copyOf(tensors);
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
            // Fusions would remove the very tensors that are asked for.
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
            this.session = environment.createSession(withOutputs(model, tensors), options);
        } catch (OrtException e) {
            throw new IllegalArgumentException("model: cannot be observed: " + e.getMessage(), e);
        }
    }

    /**
     * What kinds of tensors the nodes of the main graph make, found by running one image.
     *
     * @return by name; tensors that are no arrays of numbers are left out
     */
    public static Map<String, TensorKind> kinds(ModelProto model, ImageInput input, LabelledImages images) {
        Set<String> made = new TreeSet<>();
        for (NodeProto node : model.getGraph().getNodeList()) {
            node.getOutputList().stream().filter(output -> !output.isEmpty()).forEach(made::add);
        }
        Map<String, TensorKind> kinds = new TreeMap<>();
        try (ObservedModel observed = new ObservedModel(model, input, made);
                OnnxTensor image = input.tensor(observed.environment, images, 0, input.batch(1));
                OrtSession.Result result = observed.session.run(Map.of(input.tensor(), image), made)) {
            for (Map.Entry<String, OnnxValue> value : result) {
                if (value.getValue().getInfo() instanceof TensorInfo info) {
                    kinds.put(
                            value.getKey(),
                            new TensorKind(
                                    info.onnxType == TensorInfo.OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
                                    info.getShape().length));
                }
            }
            return kinds;
        } catch (OrtException e) {
            throw new IllegalArgumentException("model: does not run: " + e.getMessage(), e);
        }
    }

    /** Runs images in small batches; hands over every observed tensor of every batch, row-major. */
    public void run(LabelledImages images, BiConsumer<String, FloatBuffer> observer) {
        try {
            for (int from = 0; from < images.size(); from += input.batch(BATCH)) {
                int n = input.fixedBatch() == 0 ? Math.min(BATCH, images.size() - from) : input.fixedBatch();
                try (OnnxTensor batch = input.tensor(environment, images, from, n);
                        OrtSession.Result result = session.run(Map.of(input.tensor(), batch), tensors)) {
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

    /** ONNX Runtime works out the types of the added outputs by itself. */
    private static byte[] withOutputs(ModelProto model, Set<String> tensors) {
        GraphProto.Builder graph = model.getGraph().toBuilder();
        Set<String> already = Graphs.outputs(model.getGraph());
        tensors.stream()
                .filter(tensor -> !already.contains(tensor))
                .sorted()
                .forEach(tensor -> graph.addOutput(ValueInfoProto.newBuilder().setName(tensor)));
        return model.toBuilder().setGraph(graph).build().toByteArray();
    }
}

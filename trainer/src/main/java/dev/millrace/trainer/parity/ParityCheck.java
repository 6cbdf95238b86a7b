package dev.millrace.trainer.parity;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.net.Op;
import dev.millrace.trainer.observe.ImageInput;
import dev.millrace.trainer.observe.ObservedModel;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.torch.Compute;
import dev.millrace.trainer.torch.TorchNet;
import dev.millrace.trainer.weights.FloatTensor;
import dev.millrace.trainer.weights.TrainedNet;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.LoadedModel;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Compares a trained network in PyTorch, in float32, with its ONNX model in the session that serves it. */
public final class ParityCheck {
    /** Two float32 engines that add up in different orders differ by about 1e-5 in logits of about 10. */
    public static final double TOLERANCE = 1e-4;

    private static final int BATCH = 50;

    private final TrainedNet trained;
    private final int threads;

    /** Compares with this network, which PyTorch runs on so many threads. */
    public ParityCheck(TrainedNet trained, int threads) {
        this.trained = trained;
        this.threads = threads;
    }

    /**
     * Compares the logits of all images.
     *
     * @throws ModelRefusedException when the model cannot be run
     */
    public ParityReport compare(byte[] onnx, LabelledImages images, double tolerance) throws ModelRefusedException {
        TorchNet torch = torchNet();
        try (LoadedModel model = LoadedModel.load(onnx, ModelSpec.describe(onnx), DeviceRequest.ANY_CPU, BATCH)) {
            if (model.spec().labels().size() != trained.labels().size()) {
                throw new IllegalArgumentException("labels: %d (expected: %d, as the network has)"
                        .formatted(
                                model.spec().labels().size(), trained.labels().size()));
            }
            LogitDifference difference = new LogitDifference(trained.labels().size());
            for (int from = 0; from < images.size(); from += BATCH) {
                int n = Math.min(BATCH, images.size() - from);
                ByteBuffer into = model.pixels().clear();
                for (int i = from; i < from + n; i++) {
                    images.putPlanes(i, into);
                }
                model.run(n);
                difference.add(torch.logits(interleaved(images, from, n), n), model.logits(), n);
            }
            return difference.report(tolerance);
        } finally {
            torch.close();
        }
    }

    /** Largest absolute difference after each operation, in order, over a few images: shows where two engines part. */
    public Map<String, Double> layers(ModelProto model, LabelledImages images) {
        LabelledImages few = images.first(1);
        TorchNet torch = torchNet();
        try {
            Set<String> made = model.getGraph().getNodeList().stream()
                    .flatMap(node -> node.getOutputList().stream())
                    .collect(Collectors.toSet());
            Map<String, FloatTensor> expected = torch.activations(interleaved(few, 0, few.size()), few.size());
            Set<String> common = new TreeSet<>(expected.keySet());
            common.retainAll(made);
            Map<String, Double> found = new HashMap<>();
            try (ObservedModel observed =
                    new ObservedModel(model, ImageInput.of(model, OnnxFile.metadata(model)), common)) {
                observed.run(few, (tensor, values) -> {
                    FloatTensor reference = expected.get(tensor);
                    if (reference != null) {
                        found.put(tensor, largestDifference(reference.values(), values));
                    }
                });
            }
            Map<String, Double> inOrder = new LinkedHashMap<>();
            for (Op op : trained.network().ops()) {
                Double difference = found.get(op.name());
                if (difference != null) {
                    inOrder.put(op.name(), difference);
                }
            }
            return inOrder;
        } finally {
            torch.close();
        }
    }

    private TorchNet torchNet() {
        return new TorchNet(trained.network(), trained.normalization(), trained.weights(), Compute.exact(threads));
    }

    private static byte[] interleaved(LabelledImages images, int from, int n) {
        int bytes = images.shape().bytes();
        byte[] pixels = new byte[n * bytes];
        for (int i = 0; i < n; i++) {
            images.copy(from + i, pixels, i * bytes);
        }
        return pixels;
    }

    private static double largestDifference(float[] expected, FloatBuffer actual) {
        double largest = 0;
        for (float value : expected) {
            largest = Math.max(largest, Math.abs((double) value - actual.get()));
        }
        return largest;
    }
}

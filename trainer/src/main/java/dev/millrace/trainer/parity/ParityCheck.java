package dev.millrace.trainer.parity;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.torch.Compute;
import dev.millrace.trainer.torch.TorchNet;
import dev.millrace.trainer.weights.TrainedNet;
import dev.millrace.worker.decode.ChannelOrder;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.decode.TensorLayout;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.LoadedModel;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Compares a trained network in PyTorch, in float32, with its ONNX model in the session that serves it: all images in batches, and some
 * of them one by one.
 */
public final class ParityCheck {
    /** Two float32 engines that add up in different orders differ by about 1e-5 in logits of about 10. */
    public static final double TOLERANCE = 1e-4;

    private static final int BATCH = 50;
    private static final int SINGLE_IMAGES = 10;

    private final TrainedNet trained;
    private final int threads;
    private final IntConsumer progress;

    /** Compares with this network, which PyTorch runs on so many threads. */
    public ParityCheck(TrainedNet trained, int threads) {
        this(trained, threads, done -> {});
    }

    /**
     * Compares with this network, which PyTorch runs on so many threads.
     *
     * @param progress is told after each batch how many images are done
     */
    public ParityCheck(TrainedNet trained, int threads, IntConsumer progress) {
        this.trained = trained;
        this.threads = threads;
        this.progress = progress;
    }

    /**
     * Compares the logits of all images, and looks for the layer where they part when they differ by more than the tolerance.
     *
     * @param tolerance largest absolute difference of a logit
     * @throws IOException when it is no ONNX
     * @throws ModelRefusedException when the model cannot be run
     * @throws IllegalArgumentException when it is for other images or labels than the network, or there are no images
     */
    public ParityReport compare(byte[] onnx, LabelledImages images, double tolerance)
            throws IOException, ModelRefusedException {
        require(images.size() > 0, "images: none (expected: at least 1)");
        require(
                images.shape().equals(trained.network().input()),
                "images: %s (expected: %s, as the network takes)"
                        .formatted(images.shape(), trained.network().input()));
        require(tolerance >= 0, "tolerance: %s (expected: 0 or more)".formatted(tolerance));
        ModelProto parsed = OnnxFile.parse(onnx, "model");
        ModelSpec spec = ModelSpec.describe(onnx);
        requireFitting(spec);
        TorchNet torch = torchNet();
        try {
            Logits logits = logits(onnx, spec, images, torch);
            ParityReport same = logits.report(tolerance, null);
            if (same.passed()) {
                return same;
            }
            byte[] worst = images.image(same.worstImage());
            LayerCheck check = layerCheck(torch, worst);
            List<LayerDifference> layers = check.compare(parsed, images.select(new int[] {same.worstImage()}));
            return logits.report(tolerance, check.firstBeyond(tolerance, layers).orElse(null));
        } finally {
            torch.close();
        }
    }

    /** How far each layer's outputs for one image lie apart, in the order in which the layers run: shows where two engines part. */
    public List<LayerDifference> layers(ModelProto model, LabelledImages images, int image) {
        TorchNet torch = torchNet();
        try {
            return layerCheck(torch, images.image(image)).compare(model, images.select(new int[] {image}));
        } finally {
            torch.close();
        }
    }

    /** The differences in batches, and those of a few images one by one, evenly spaced over all. */
    private record Logits(LogitDifference batches, LogitDifference singles, List<Integer> chosen) {
        ParityReport report(double tolerance, @Nullable LayerDifference first) {
            boolean single = Double.compare(singles.max(), batches.max()) > 0;
            return new ParityReport(
                    batches.images(),
                    batches.max(),
                    batches.mean(),
                    batches.agreement(),
                    singles.images(),
                    singles.max(),
                    tolerance,
                    single ? chosen.get(singles.worst()) : batches.worst(),
                    first);
        }
    }

    private Logits logits(byte[] onnx, ModelSpec spec, LabelledImages images, TorchNet torch)
            throws ModelRefusedException {
        int classes = trained.labels().size();
        try (LoadedModel model = LoadedModel.load(onnx, spec, DeviceRequest.ANY_CPU, BATCH)) {
            int few = Math.min(SINGLE_IMAGES, images.size());
            List<Integer> chosen = IntStream.range(0, few)
                    .mapToObj(i -> i * (images.size() / few))
                    .toList();
            LogitDifference singles = new LogitDifference(classes);
            for (int image : chosen) {
                compare(model, torch, images, image, 1, singles);
            }
            LogitDifference batches = new LogitDifference(classes);
            for (int from = 0; from < images.size(); from += model.maxBatch()) {
                compare(model, torch, images, from, Math.min(model.maxBatch(), images.size() - from), batches);
                progress.accept(batches.images());
            }
            return new Logits(batches, singles, chosen);
        }
    }

    /** Runs images {@code from} to {@code from + n - 1} as one batch in either engine. */
    private static void compare(
            LoadedModel model, TorchNet torch, LabelledImages images, int from, int n, LogitDifference difference) {
        ByteBuffer into = model.pixels().clear();
        int bytes = images.shape().bytes();
        byte[] interleaved = new byte[n * bytes];
        for (int i = 0; i < n; i++) {
            images.putPlanes(from + i, into);
            images.copy(from + i, interleaved, i * bytes);
        }
        model.run(n);
        difference.add(torch.logits(interleaved, n), model.logits(), n);
    }

    private void requireFitting(ModelSpec spec) {
        require(
                spec.labels().size() == trained.labels().size(),
                "labels: %d (expected: %d, as the network has)"
                        .formatted(spec.labels().size(), trained.labels().size()));
        ImageShape shape = trained.network().input();
        PixelShape taken = spec.pixels();
        PixelShape expected = new PixelShape(
                shape.height(),
                shape.width(),
                shape.channels(),
                TensorLayout.NCHW,
                shape.channels() == 1 ? ChannelOrder.GREY : ChannelOrder.RGB);
        require(
                taken.equals(expected),
                "input: %s (expected: %s, as the network takes)".formatted(text(taken), text(expected)));
    }

    private static String text(PixelShape shape) {
        return "%dx%d %s, %s".formatted(shape.height(), shape.width(), shape.order(), shape.layout());
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    private LayerCheck layerCheck(TorchNet torch, byte[] image) {
        return new LayerCheck(trained.network(), trained.normalization(), image, torch.activations(image, 1));
    }

    private TorchNet torchNet() {
        return new TorchNet(trained.network(), trained.normalization(), trained.weights(), Compute.exact(threads));
    }
}

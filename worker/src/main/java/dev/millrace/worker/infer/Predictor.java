package dev.millrace.worker.infer;

import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageDecoder;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.decode.Placement;
import dev.millrace.worker.model.Device;
import dev.millrace.worker.model.InferenceFailedException;
import dev.millrace.worker.model.LoadedModel;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Answers images with one model version, in the calling thread:
 *
 * <pre>{@code
 * try (Predictor predictor = Predictor.load(Path.of("fashion-mnist.onnx"))) {
 *     Prediction prediction = predictor.predict(EncodedImage.ofFile(Path.of("boot.png")));
 *     System.out.println(prediction.top().label() + " " + prediction.top().score());
 * }
 * }</pre>
 *
 * <p>A lane, which times each step and puts its batches together as images come, calls the steps themselves:
 * {@link #decode} into a slot of the batch buffer, {@link #run} over the slots that are filled, {@link #answer} per slot.
 *
 * <p>Not thread-safe: belongs to one thread at a time. For more threads, load one each.
 */
public final class Predictor implements AutoCloseable {

    private final LoadedModel model;
    private final boolean owned;
    private final ImageDecoder decoder;
    private final TaskHead head;
    /** Of the images in the slots. */
    private final Placement[] placements;

    private Placement[] aside = {};
    private final int imageBytes;

    private Predictor(LoadedModel model, boolean owned, int topK, DecodeLimits limits) {
        this(
                model,
                owned,
                new ImageDecoder(model.spec().pixels(), model.spec().resizing(), limits),
                TaskHeads.of(model.spec(), topK),
                new Placement[model.maxBatch()]);
    }

    private Predictor(LoadedModel model, boolean owned, ImageDecoder decoder, TaskHead head, Placement[] placements) {
        this.model = model;
        this.owned = owned;
        this.decoder = decoder;
        this.head = head;
        this.placements = placements;
        this.imageBytes = model.spec().pixels().bytes();
    }

    /**
     * A predictor over a model that someone else owns, such as a lease; closing it leaves the model open.
     *
     * @param topK labels per image, at least 1; never more than the model has
     * @throws IllegalArgumentException if the spec's parameters are none that its task's head takes
     */
    public Predictor(LoadedModel model, int topK, DecodeLimits limits) {
        this(model, false, topK, limits);
    }

    /** Loads an ONNX file that describes itself, with {@link PredictorOptions#DEFAULT}. */
    public static Predictor load(Path onnx) throws IOException, ModelRefusedException {
        return load(onnx, PredictorOptions.DEFAULT);
    }

    /** Loads an ONNX file that describes itself. */
    public static Predictor load(Path onnx, PredictorOptions options) throws IOException, ModelRefusedException {
        return load(Files.readAllBytes(onnx), options);
    }

    /** Loads ONNX bytes that describe themselves, see {@link ModelSpec#describe(byte[])}. */
    public static Predictor load(byte[] onnx, PredictorOptions options) throws ModelRefusedException {
        return load(onnx, ModelSpec.describe(onnx), options);
    }

    /**
     * Loads ONNX bytes as the spec describes them.
     *
     * @throws ModelRefusedException if the model cannot be loaded or run, is not what the spec says, or its device is
     *     required and cannot be used
     */
    public static Predictor load(byte[] onnx, ModelSpec spec, PredictorOptions options) throws ModelRefusedException {
        LoadedModel model = LoadedModel.load(onnx, spec, options.device(), options.maxBatch());
        try {
            return new Predictor(model, true, options.topK(), options.limits());
        } catch (IllegalArgumentException e) {
            model.close();
            throw new ModelRefusedException("model: " + e.getMessage(), e);
        }
    }

    /**
     * Checks the parameters of a model's task head, without the model.
     *
     * @throws ModelRefusedException if they are none that the head takes
     */
    public static void requireHead(ModelSpec spec) throws ModelRefusedException {
        try {
            TaskHeads.of(spec, 1);
        } catch (IllegalArgumentException e) {
            throw new ModelRefusedException("head: " + e.getMessage(), e);
        }
    }

    /**
     * Answers one image.
     *
     * @throws ImageRejectedException if the image is at fault
     * @throws InferenceFailedException if the model is
     */
    public Prediction predict(EncodedImage image) throws ImageRejectedException {
        return predict(List.of(image)).get(0);
    }

    /**
     * Answers images, any number of them, in runs of up to {@link #maxBatch()}.
     *
     * @return one prediction per image, in order
     * @throws ImageRejectedException if an image is at fault; none is answered then
     * @throws InferenceFailedException if the model is
     */
    public List<Prediction> predict(List<EncodedImage> images) throws ImageRejectedException {
        List<Prediction> predictions = new ArrayList<>(images.size());
        for (int from = 0; from < images.size(); from += maxBatch()) {
            predictBatch(images.subList(from, Math.min(images.size(), from + maxBatch())), predictions);
        }
        return predictions;
    }

    private void predictBatch(List<EncodedImage> batch, List<Prediction> into) throws ImageRejectedException {
        long[] decodeNanos = new long[batch.size()];
        for (int slot = 0; slot < batch.size(); slot++) {
            long start = System.nanoTime();
            decode(batch.get(slot), slot);
            decodeNanos[slot] = System.nanoTime() - start;
        }
        long start = System.nanoTime();
        run(batch.size());
        long runNanos = System.nanoTime() - start;
        for (int slot = 0; slot < batch.size(); slot++) {
            long headStart = System.nanoTime();
            Answer answer = answer(slot);
            into.add(new Prediction(
                    answer, placement(slot), decodeNanos[slot], runNanos + System.nanoTime() - headStart));
        }
    }

    /**
     * Decodes an image into a slot of the batch; a rejected image leaves the slot as it was.
     *
     * @param slot 0 to {@link #maxBatch()} - 1
     */
    public void decode(EncodedImage image, int slot) throws ImageRejectedException {
        placements[slot] = decoder.decode(image, model.pixels(), Math.multiplyExact(slot, imageBytes));
    }

    /**
     * Runs the model over slots 0 to {@code n} - 1.
     *
     * @throws InferenceFailedException if the runtime fails
     */
    public void run(int n) {
        model.run(n);
    }

    /** Keeps the images of slots 0 to {@code n} - 1 for {@link #bringBack}. */
    public void setAside(int n) {
        model.setAside(n);
        aside = Arrays.copyOf(placements, n);
    }

    /** Puts images {@code first} to {@code first + n - 1} of those set aside into slots 0 to {@code n} - 1. */
    public void bringBack(int first, int n) {
        model.bringBack(first, n);
        System.arraycopy(aside, first, placements, 0, n);
    }

    /**
     * Runs an image that the model is known to answer, in the place of slot 0.
     *
     * @throws InferenceFailedException if it fails now: not the images are at fault but the session
     */
    public void check() {
        model.check();
    }

    /**
     * What the model says of a slot of the last run.
     *
     * @throws InferenceFailedException if the model gave NaN or infinity
     */
    public Answer answer(int slot) {
        return head.answer(model.outputs(), slot, placements[slot]);
    }

    /**
     * A detector's runs read with another threshold: its {@link #answer} is of the slots that this one decodes and runs. Belongs to the
     * same thread; closing it leaves the model open.
     *
     * @throws IllegalArgumentException if the model is no detector, or the threshold not from 0.001 to 0.999
     */
    public Predictor atThreshold(float threshold) {
        TaskHead other = TaskHeads.of(DetectionThreshold.replaced(model.spec(), threshold), 1);
        return new Predictor(model, false, decoder, other, placements);
    }

    /** Where the image of a slot lies on the model's canvas. */
    public Placement placement(int slot) {
        return placements[slot];
    }

    /**
     * The best labels of a slot of the last run of a classifier, best first.
     *
     * @throws InferenceFailedException if the model gave NaN or infinity
     * @throws IllegalStateException if the model is no classifier
     */
    public List<ScoredLabel> top(int slot) {
        return Prediction.labelsOf(answer(slot));
    }

    /** Images in one run at most. */
    public int maxBatch() {
        return model.maxBatch();
    }

    public ModelSpec spec() {
        return model.spec();
    }

    /** The device that really runs the model. */
    public Device device() {
        return model.device();
    }

    /** Frees the model, unless it was lent. Closing twice does nothing. */
    @Override
    public void close() {
        if (owned) {
            model.close();
        }
    }
}

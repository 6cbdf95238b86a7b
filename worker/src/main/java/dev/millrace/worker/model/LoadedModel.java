package dev.millrace.worker.model;

import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A model version on one device, with the batch buffers of one thread: decode into {@link #pixels()}, {@link #run},
 * read {@link #outputs()}.
 *
 * <p>Belongs to one lane's thread at a time. Closing it while that thread is inside {@link #run} ends the JVM
 * (ONNX Runtime frees what the run uses); {@link LiveModels} closes only what nobody leases.
 */
public final class LoadedModel implements AutoCloseable {

    private final ModelSpec spec;
    private final Device device;
    private final @Nullable String fallback;
    private final int maxBatch;
    /** More than one only on a GPU: see {@link #sizes}. */
    private final List<OrtSession> sessions;

    private final ByteBuffer pixels;
    private final List<FloatBuffer> outputs;
    private final @Nullable FloatBuffer floats;
    private final @Nullable Normalizer normalizer;
    /** By the rows of a run, ascending; the last takes as many as ever come. */
    private final NavigableMap<Integer, Run> runs = new TreeMap<>();

    private @Nullable ByteBuffer aside;
    private final List<TimedRun> warmRuns = new ArrayList<>();

    private boolean closed;

    /** What runs batches of one size. */
    private record Run(OrtSession session, BatchTensors tensors) {
        void run() throws OrtException {
            tensors.run(session);
        }
    }

    /**
     * @param sizes rows of the runs that are made, ascending
     * @param sessions one for all sizes, or one for each
     */
    private LoadedModel(
            ModelSpec spec, Sessions.Opened opened, int maxBatch, List<Integer> sizes, List<OrtSession> sessions)
            throws OrtException {
        this.spec = spec;
        this.device = opened.device();
        this.fallback = opened.fallback();
        this.sessions = List.copyOf(sessions);
        this.maxBatch = spec.fixedBatch() == 0 ? maxBatch : Math.min(maxBatch, spec.fixedBatch());
        int rows = Math.max(this.maxBatch, spec.fixedBatch());
        int values = Math.multiplyExact(rows, spec.pixels().bytes());
        pixels = ByteBuffer.allocateDirect(values);
        outputs = spec.outputs().stream()
                .map(output -> floats(Math.multiplyExact(rows, output.values())))
                .toList();
        boolean normalize = spec.elementType() == ElementType.FLOAT32;
        floats = normalize ? floats(values) : null;
        normalizer = normalize ? new Normalizer(spec) : null;
        for (int i = 0; i < sizes.size(); i++) {
            int n = sizes.get(i);
            BatchTensors tensors = floats == null
                    ? BatchTensors.overPixels(spec, n, pixels, outputs)
                    : BatchTensors.overFloats(spec, n, floats, outputs);
            runs.put(n, new Run(sessions.get(Math.min(i, sessions.size() - 1)), tensors));
        }
    }

    /**
     * On a CPU one session takes every size. On a GPU it plans its convolutions anew, some 2 ms for each of them, whenever
     * a run has another size than the one before (ONNX Runtime 1.29 keeps the plan of one size): there each doubling has a
     * session of its own, and what is between them is filled up to the next one.
     */
    private static List<Integer> sizes(ModelSpec spec, Device device, int maxBatch) {
        if (spec.fixedBatch() > 0) {
            return List.of(spec.fixedBatch());
        }
        if (device.kind() == Device.Kind.CPU) {
            return IntStream.rangeClosed(1, maxBatch).boxed().toList();
        }
        return Stream.concat(Stream.iterate(1, n -> n < maxBatch, n -> n * 2), Stream.of(maxBatch))
                .toList();
    }

    /**
     * Opens a session of the model, checks that it takes and gives what the spec says, and warms it up.
     *
     * @param onnx the model file, already verified against the spec's sha256 by whoever fetched it
     * @param maxBatch images in one run, at least 1; a graph of fixed batch may allow fewer
     * @throws ModelRefusedException if the model cannot be loaded or run, or is not what the spec says
     */
    public static LoadedModel load(byte[] onnx, ModelSpec spec, DeviceRequest request, int maxBatch)
            throws ModelRefusedException {
        if (maxBatch < 1) {
            throw new IllegalArgumentException("maxBatch: " + maxBatch + " (expected: at least 1)");
        }
        Sessions.Opened opened = Sessions.open(onnx, request);
        List<OrtSession> sessions = new ArrayList<>(List.of(opened.session()));
        LoadedModel model = null;
        try {
            checkGraph(opened.session(), spec);
            List<Integer> sizes = sizes(spec, opened.device(), maxBatch);
            while (opened.device().kind() == Device.Kind.CUDA && sessions.size() < sizes.size()) {
                // The first one is on the GPU: from here on there is no falling back.
                DeviceRequest same = new DeviceRequest(request.device(), true, request.cudaMemoryLimit());
                sessions.add(Sessions.open(onnx, same).session());
            }
            model = new LoadedModel(spec, opened, maxBatch, sizes, sessions);
            model.checkOutputShapes();
            model.warmUp();
            return model;
        } catch (OrtException | InferenceFailedException | ArithmeticException e) {
            release(model, sessions);
            throw new ModelRefusedException("model: " + spec + " does not run: " + e.getMessage(), e);
        } catch (ModelRefusedException | RuntimeException | Error e) {
            release(model, sessions);
            throw e;
        }
    }

    private static void release(@Nullable LoadedModel model, List<OrtSession> sessions) {
        if (model != null) {
            model.close();
        } else {
            sessions.forEach(LoadedModel::close);
        }
    }

    /** Before any buffer is made to the spec's measure. */
    private static void checkGraph(OrtSession session, ModelSpec spec) throws OrtException, ModelRefusedException {
        GraphTensor input = GraphTensor.soleInput(session);
        long[] pixels = spec.pixels().batch(Math.max(1, spec.fixedBatch()));
        if (!input.name().equals(spec.inputTensor())
                || input.elementType() != spec.elementType()
                || !input.takes(pixels)) {
            throw new ModelRefusedException("input: " + input + " (expected: " + spec.inputTensor() + " "
                    + spec.elementType() + Arrays.toString(pixels) + ")");
        }
        for (ModelOutput output : spec.outputs()) {
            GraphTensor.output(session, output.tensor()).requireFloat();
        }
    }

    /** A run without pinned outputs tells their shapes; a pinned one would only fail. */
    private void checkOutputShapes() throws OrtException, ModelRefusedException {
        Run smallest = runs.firstEntry().getValue();
        int n = spec.fixedBatch() == 0 ? 1 : spec.fixedBatch();
        Set<String> names = spec.outputs().stream().map(ModelOutput::tensor).collect(Collectors.toSet());
        try (OrtSession.Result result =
                smallest.session().run(smallest.tensors().inputs(), names)) {
            for (ModelOutput output : spec.outputs()) {
                OnnxValue value = result.get(output.tensor()).orElseThrow();
                long[] expected = output.batch(n);
                if (!(value.getInfo() instanceof TensorInfo tensor) || !Arrays.equals(tensor.getShape(), expected)) {
                    throw new ModelRefusedException("output: " + value.getInfo() + " (expected: " + output.tensor()
                            + " of shape " + Arrays.toString(expected) + ")");
                }
            }
        }
    }

    public ModelSpec spec() {
        return spec;
    }

    /** The device that really runs it. */
    public Device device() {
        return device;
    }

    /** Why it does not run on the device that was wanted, in the provider's words; null where it does. */
    public @Nullable String fallback() {
        return fallback;
    }

    /** Images in one run at most. */
    public int maxBatch() {
        return maxBatch;
    }

    /** Where a batch is put together: image i's uint8 pixels start at byte i x {@code spec().pixels().bytes()}. Direct. */
    public ByteBuffer pixels() {
        return pixels;
    }

    /** Where the last run's outputs are, as {@code spec().outputs()} names them: image i's start at i x their values. */
    public List<FloatBuffer> outputs() {
        return outputs;
    }

    /** The only output of a classifier. */
    public FloatBuffer logits() {
        return outputs.get(0);
    }

    /**
     * Runs the first {@code n} images of {@link #pixels()}.
     *
     * @param n 1 to {@link #maxBatch()}
     * @throws InferenceFailedException if ONNX Runtime fails
     */
    public void run(int n) {
        if (n < 1 || n > maxBatch) {
            throw new IllegalArgumentException("batch: " + n + " (expected: 1 to " + maxBatch + ")");
        }
        if (closed) {
            throw new IllegalStateException("model: " + spec + " is closed (expected: open)");
        }
        Map.Entry<Integer, Run> next = runs.ceilingEntry(n);
        int rows = next.getKey();
        for (int row = n; row < rows; row++) {
            // Not with whatever was left there: an image that this graph fails on would fail this run as well.
            pixels.put(row * spec.pixels().bytes(), pixels, 0, spec.pixels().bytes());
        }
        if (normalizer != null && floats != null) {
            normalizer.apply(pixels, floats, rows);
        }
        try {
            next.getValue().run();
        } catch (OrtException e) {
            throw new InferenceFailedException("run of " + spec + ": " + e.getMessage(), e);
        }
    }

    /** Keeps the first {@code n} images of {@link #pixels()} for {@link #bringBack}. */
    public void setAside(int n) {
        if (aside == null) {
            // Not before a batch fails: most models never need it.
            aside = ByteBuffer.allocateDirect(pixels.capacity());
        }
        aside.put(0, pixels, 0, n * spec.pixels().bytes());
    }

    /** Makes images {@code first} to {@code first + n - 1} of those that were set aside the first {@code n}. */
    public void bringBack(int first, int n) {
        if (aside == null) {
            throw new IllegalStateException("images: none set aside (expected: setAside() first)");
        }
        int bytes = spec.pixels().bytes();
        pixels.put(0, aside, first * bytes, n * bytes);
    }

    /**
     * Runs the image that it was warmed up with, all zeros, to tell a broken session from an image it fails on.
     * Overwrites the first image.
     *
     * @throws InferenceFailedException if that fails, too
     */
    public void check() {
        pixels.put(0, new byte[spec.pixels().bytes()]);
        run(1);
    }

    /** The first run of a size is slow: each doubling is run once, and the ends once more for the time they take. */
    private void warmUp() {
        for (int n = 1; n < maxBatch; n *= 2) {
            run(n);
        }
        run(maxBatch);
        time(1);
        time(maxBatch);
    }

    private void time(int n) {
        long start = System.nanoTime();
        run(n);
        warmRuns.add(new TimedRun(n, System.nanoTime() - start));
    }

    /**
     * How long a run took.
     *
     * @param images in the run
     */
    public record TimedRun(int images, long nanos) {}

    /** What the smallest and the largest run took at warm-up, on whichever CPU that was. */
    public List<TimedRun> warmRuns() {
        return List.copyOf(warmRuns);
    }

    /** Frees the session and its buffers' tensors; never while a run is under way. Closing twice does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            runs.values().forEach(run -> run.tensors().close());
            sessions.forEach(LoadedModel::close);
        }
    }

    private static void close(OrtSession session) {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("session: cannot be closed: " + e.getMessage(), e);
        }
    }

    private static FloatBuffer floats(int count) {
        return ByteBuffer.allocateDirect(Math.multiplyExact(count, Float.BYTES))
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }
}

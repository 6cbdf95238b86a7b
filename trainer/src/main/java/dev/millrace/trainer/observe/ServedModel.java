package dev.millrace.trainer.observe;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.worker.model.OnnxRuntime;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/** A model as it is served: all of ONNX Runtime's optimisations, one thread. Its float outputs come out. */
public final class ServedModel implements AutoCloseable {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int BATCH = 8;

    private final OrtEnvironment environment = OnnxRuntime.environment();
    private final ImageInput input;
    private final OrtSession session;

    /** @throws IllegalArgumentException when ONNX Runtime refuses the model */
    public ServedModel(ModelProto model, ImageInput input) {
        this.input = input;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            this.session = environment.createSession(model.toByteArray(), options);
        } catch (OrtException e) {
            throw new IllegalArgumentException("model: refused by ONNX Runtime: " + OnnxRuntime.reason(e), e);
        }
    }

    /** Images that a run takes. */
    public int batch() {
        return input.batch(BATCH);
    }

    /**
     * Runs the images once, in batches.
     *
     * @param observer takes the first image's index and the float outputs of a batch, by name; rows beyond the last image repeat the
     *     first ones where the batch is fixed
     */
    public void run(LabelledImages images, BiConsumer<Integer, Map<String, float[]>> observer) {
        for (int from = 0; from < images.size(); from += batch()) {
            observer.accept(from, outputs(images, from));
        }
    }

    /** The float outputs for one batch. */
    public Map<String, float[]> outputs(LabelledImages images, int from) {
        int n = input.fixedBatch() == 0 ? Math.min(BATCH, images.size() - from) : input.fixedBatch();
        try (OnnxTensor batch = input.tensor(environment, images, from, n);
                OrtSession.Result result = session.run(Map.of(input.tensor(), batch))) {
            Map<String, float[]> outputs = new TreeMap<>();
            for (Map.Entry<String, OnnxValue> entry : result) {
                FloatBuffer values = entry.getValue() instanceof OnnxTensor tensor ? tensor.getFloatBuffer() : null;
                if (values != null) {
                    float[] copy = new float[values.remaining()];
                    values.get(copy);
                    outputs.put(entry.getKey(), copy);
                }
            }
            return outputs;
        } catch (OrtException e) {
            throw new IllegalArgumentException(
                    "model: cannot run %s images: %s".formatted(images.shape(), e.getMessage()), e);
        }
    }

    /**
     * Nanoseconds of one run of the first batch, images to outputs, without making the tensors. Processor time, which the session spends
     * on the calling thread: what else the machine does in between is not the model's.
     */
    long nanos(OnnxTensor batch) throws OrtException {
        long started = now();
        session.run(Map.of(input.tensor(), batch)).close();
        return now() - started;
    }

    private static long now() {
        return THREADS.isCurrentThreadCpuTimeSupported() ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
    }

    OnnxTensor firstBatch(LabelledImages images) throws OrtException {
        return input.tensor(environment, images, 0, batch());
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("a session that is open can be closed", e);
        }
    }
}

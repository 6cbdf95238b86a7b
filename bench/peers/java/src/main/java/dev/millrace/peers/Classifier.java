package dev.millrace.peers;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
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

/**
 * One ONNX Runtime session with buffers that are used again and again: pixels go into direct memory, scores come out of direct
 * memory, and the tensors over them are made once for each batch size. One thread.
 */
final class Classifier implements AutoCloseable {
    private final OrtEnvironment runtime = OrtEnvironment.getEnvironment();
    private final OrtSession session;
    private final ByteBuffer pixels;
    private final FloatBuffer scores;
    private final int classes;
    private final List<Map<String, OnnxTensor>> inputs;
    private final List<Map<String, OnnxTensor>> outputs;
    private int images;

    /** Opens a model whose input is uint8 [n, ...] and whose output is float [n, classes]. */
    Classifier(String model, int mostImages) throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(1);
        session = runtime.createSession(model, options);
        String input = session.getInputNames().iterator().next();
        String output = session.getOutputNames().iterator().next();
        long[] inputShape = ((TensorInfo) session.getInputInfo().get(input).getInfo()).getShape();
        long[] outputShape = ((TensorInfo) session.getOutputInfo().get(output).getInfo()).getShape();
        int size = (int) Arrays.stream(inputShape).skip(1).reduce(1, (a, b) -> a * b);
        classes = (int) outputShape[1];
        pixels = ByteBuffer.allocateDirect(mostImages * size);
        scores = ByteBuffer.allocateDirect(mostImages * classes * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        inputs = new ArrayList<>();
        outputs = new ArrayList<>();
        for (int n = 1; n <= mostImages; n++) {
            inputShape[0] = n;
            outputShape[0] = n;
            ByteBuffer in = pixels.slice(0, n * size);
            FloatBuffer out = scores.slice(0, n * classes);
            inputs.add(Map.of(input, OnnxTensor.createTensor(runtime, in, inputShape, OnnxJavaType.UINT8)));
            outputs.add(Map.of(output, OnnxTensor.createTensor(runtime, out, outputShape)));
        }
    }

    /** Takes another image into the batch. */
    void add(ByteBuffer image) {
        pixels.put(image);
        images++;
    }

    /** Runs the batch, and empties it. */
    void run() throws OrtException {
        session.run(inputs.get(images - 1), outputs.get(images - 1)).close();
        pixels.clear();
        images = 0;
    }

    /** The best class of an image of the last run and its score: an int and a float. */
    byte[] answer(int image) {
        int best = 0;
        for (int i = 1; i < classes; i++) {
            if (scores.get(image * classes + i) > scores.get(image * classes + best)) {
                best = i;
            }
        }
        return ByteBuffer.allocate(Integer.BYTES + Float.BYTES)
                .putInt(best)
                .putFloat(scores.get(image * classes + best))
                .array();
    }

    @Override
    public void close() throws OrtException {
        session.close();
    }
}

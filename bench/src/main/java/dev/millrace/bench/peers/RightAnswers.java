package dev.millrace.bench.peers;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.millrace.bench.bed.Dialect.Answer;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.worker.model.OnnxRuntime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What a model says to each image when it is asked by itself, one image a run. Immutable. */
final class RightAnswers {
    /** Of the scores' range: more than what another order of additions makes of a float, less than what is another class. */
    private static final double TOLERANCE = 0.01;

    private final List<float[]> scores;

    /** From the model's scores, for each image in turn. */
    RightAnswers(List<float[]> scores) {
        this.scores = List.copyOf(scores);
    }

    /**
     * Asks a model.
     *
     * @param onnx takes uint8 [n, ...] and gives float [n, classes]
     */
    static RightAnswers of(byte[] onnx, List<ImageRequest> images) throws InterruptedException {
        List<float[]> scores = new ArrayList<>();
        OrtEnvironment runtime = OnnxRuntime.environment();
        try (OrtSession session = runtime.createSession(onnx)) {
            NodeInfo input = session.getInputInfo().values().iterator().next();
            long[] shape = ((TensorInfo) input.getInfo()).getShape();
            shape[0] = 1;
            for (ImageRequest image : images) {
                try (OnnxTensor pixels = OnnxTensor.createTensor(
                                runtime, image.getBytes().duplicate(), shape, OnnxJavaType.UINT8);
                        OrtSession.Result result = session.run(Map.of(input.getName(), pixels))) {
                    scores.add(((float[][]) result.get(0).getValue())[0]);
                }
            }
        } catch (OrtException e) {
            throw new IllegalArgumentException("model: " + e.getMessage() + " (expected: one that runs)", e);
        }
        return new RightAnswers(scores);
    }

    /**
     * Compares.
     *
     * @param answers to the images, in turn
     * @param softmax whether their scores are probabilities and not the model's own
     * @throws IOException at the first that is wrong
     */
    void check(List<Answer> answers, boolean softmax) throws IOException {
        for (int i = 0; i < answers.size(); i++) {
            float[] right = scores.get(i % scores.size());
            Answer answer = answers.get(i);
            int best = best(right);
            double tolerance = TOLERANCE * (right[best] - lowest(right));
            if (answer.best() < 0 || answer.best() >= right.length || right[best] - right[answer.best()] > tolerance) {
                throw new IOException(
                        "answer: class " + answer.best() + " for image " + i + " (expected: " + best + ")");
            }
            double score = softmax ? softmax(right, answer.best()) : right[answer.best()];
            // Also false for NaN.
            if (!(Math.abs(answer.score() - score) <= Math.max(TOLERANCE, tolerance))) {
                throw new IOException(
                        "answer: score " + answer.score() + " for image " + i + " (expected: " + score + ")");
            }
        }
    }

    private static int best(float[] scores) {
        int best = 0;
        for (int i = 1; i < scores.length; i++) {
            if (scores[i] > scores[best]) {
                best = i;
            }
        }
        return best;
    }

    private static float lowest(float[] scores) {
        float lowest = scores[0];
        for (float score : scores) {
            lowest = Math.min(lowest, score);
        }
        return lowest;
    }

    private static double softmax(float[] scores, int index) {
        double sum = 0;
        for (float score : scores) {
            sum += Math.exp(score - scores[index]);
        }
        return 1 / sum;
    }
}

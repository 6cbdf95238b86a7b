package dev.millrace.worker.infer;

import dev.millrace.worker.decode.Placement;
import dev.millrace.worker.model.InferenceFailedException;
import dev.millrace.worker.model.ModelSpec;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/** The model's output as it is, or of length 1, so that a dot product of two is their cosine. Belongs to one thread. */
final class EmbeddingHead implements TaskHead {

    private final boolean ofLengthOne;
    private final float[] vector;

    private enum Normalize {
        NONE,
        L2
    }

    /** @throws IllegalArgumentException if the spec's parameters are none that it takes */
    EmbeddingHead(ModelSpec spec) {
        HeadParameters parameters = new HeadParameters(spec.head());
        ofLengthOne = parameters.choice("normalize", Normalize.NONE) == Normalize.L2;
        parameters.requireNoOthers();
        if (spec.outputs().size() != 1) {
            throw HeadParameters.wrong("outputs", spec.outputs().size(), "1, the vector");
        }
        vector = new float[spec.outputs().get(0).values()];
    }

    @Override
    public Answer.Embedding answer(List<FloatBuffer> batch, int row, Placement placement) {
        batch.get(0).get(row * vector.length, vector);
        double squares = 0;
        for (int i = 0; i < vector.length; i++) {
            if (!Float.isFinite(vector[i])) {
                throw new InferenceFailedException(
                        "embedding, number " + i + ": " + vector[i] + " (expected: a finite number)");
            }
            squares += (double) vector[i] * vector[i];
        }
        double scale = ofLengthOne && squares > 0 ? 1 / Math.sqrt(squares) : 1;
        List<Float> answer = new ArrayList<>(vector.length);
        for (float value : vector) {
            answer.add((float) (value * scale));
        }
        return new Answer.Embedding(answer);
    }
}

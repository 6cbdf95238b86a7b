package dev.millrace.worker.infer;

import dev.millrace.worker.decode.Placement;
import dev.millrace.worker.model.InferenceFailedException;
import java.nio.FloatBuffer;
import java.util.List;

/** Makes a model's outputs an answer. Belongs to one thread: it may reuse what it works in. */
interface TaskHead {

    /**
     * The answer for one image of a run.
     *
     * @param outputs of the whole batch, as {@code ModelSpec.outputs()} names them: image i's start at i x their values
     * @param row which image
     * @param placement where that image lay on the model's canvas
     * @throws InferenceFailedException if an output that it needs is NaN or infinite
     */
    Answer answer(List<FloatBuffer> outputs, int row, Placement placement);
}

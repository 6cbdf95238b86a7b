package dev.millrace.trainer.fit;

import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.observe.ServedModel;
import dev.millrace.trainer.torch.Targets;
import dev.millrace.worker.model.ModelSpec;
import java.util.Objects;

/**
 * Answers the images of a run's batches, as its model is served. Asked by the loader thread and closed by the training thread, which
 * need not wait for each other otherwise: hence the lock.
 */
final class Teacher implements AutoCloseable {
    private final ServedModel model;
    private final ModelSpec spec;
    private final ImageShape shape;
    private final double weight;
    private final double temperature;
    private boolean closed;

    /** Owns the model from here on. */
    Teacher(ServedModel model, ModelSpec spec, ImageShape shape, double weight, double temperature) {
        this.model = model;
        this.spec = spec;
        this.shape = shape;
        this.weight = weight;
        this.temperature = temperature;
    }

    /**
     * Adds its answers to what a batch should be answered with.
     *
     * @param pixels n HWC images, one after the other
     * @param n of them
     */
    synchronized Targets teach(byte[] pixels, int n, Targets targets) {
        if (closed) {
            throw new IllegalStateException("teacher: closed (expected: asked before)");
        }
        int classes = spec.labels().size();
        float[] logits = new float[n * classes];
        model.run(
                LabelledImages.of(shape, pixels, new int[n]),
                (from, outputs) -> System.arraycopy(
                        Objects.requireNonNull(outputs.get(spec.outputs().get(0).tensor())),
                        0,
                        logits,
                        from * classes,
                        Math.min(model.batch(), n - from) * classes));
        return targets.taught(logits, weight, temperature);
    }

    @Override
    public synchronized void close() {
        closed = true;
        model.close();
    }
}

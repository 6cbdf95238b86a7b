package dev.millrace.trainer.fit;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetException;
import dev.millrace.trainer.torch.TorchTrainer;
import org.jspecify.annotations.Nullable;

/**
 * Everything that decides what a training run learns, apart from data and network.
 *
 * @param epochs passes over the training images
 * @param batch images a step
 * @param peakLearningRate see {@link OneCycle}
 * @param momentum of Nesterov's method
 * @param weightDecay L2 penalty on convolution and linear weights
 * @param labelSmoothing share of the target spread over all classes
 * @param averaging weight of the past in the moving average of the weights that is validated and kept, per step; 0: no average
 * @param augmentation of training images
 * @param seed of first weights, order and augmentation
 * @param progressive the epochs that see smaller images; null: none
 * @param heldOut how many images are held out for validation where the data set does not bring its own; null: as the data set says
 */
public record Recipe(
        int epochs,
        int batch,
        double peakLearningRate,
        double momentum,
        double weightDecay,
        double labelSmoothing,
        double averaging,
        Augmentation augmentation,
        long seed,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable ProgressiveResizing progressive,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer heldOut) {
    /** What the bundled model was trained with. */
    public static final Recipe STANDARD =
            new Recipe(36, 128, 0.1, 0.9, 5e-4, 0.1, 0, new Augmentation(Augmentation.Flip.RANDOM, 2, 8), 1);

    /** Of images as they are, as many of them as the data set says. */
    public Recipe(
            int epochs,
            int batch,
            double peakLearningRate,
            double momentum,
            double weightDecay,
            double labelSmoothing,
            double averaging,
            Augmentation augmentation,
            long seed) {
        this(
                epochs,
                batch,
                peakLearningRate,
                momentum,
                weightDecay,
                labelSmoothing,
                averaging,
                augmentation,
                seed,
                null,
                null);
    }

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException when one is left
     */
    public Recipe {
        require(epochs >= 1, "epochs", epochs, "from 1");
        // A batch norm cannot normalise a batch of one.
        require(batch >= 2, "batch", batch, "from 2");
        require(peakLearningRate > 0, "peak learning rate", peakLearningRate, "above 0");
        require(momentum >= 0 && momentum < 1, "momentum", momentum, "0 to below 1");
        require(weightDecay >= 0, "weight decay", weightDecay, "from 0");
        require(labelSmoothing >= 0 && labelSmoothing < 1, "label smoothing", labelSmoothing, "0 to below 1");
        require(
                progressive == null || progressive.epochs() < epochs,
                "small epochs",
                progressive == null ? 0 : progressive.epochs(),
                "fewer than the %d epochs".formatted(epochs));
        require(averaging >= 0 && averaging < 1, "averaging", averaging, "0 to below 1");
    }

    /**
     * The data set with as many images held out as this recipe wants.
     *
     * @throws DatasetException when it cannot have them
     */
    public Dataset divided(Dataset data) throws DatasetException {
        return heldOut == null ? data : data.holdingOut(heldOut);
    }

    /** On one line, the same text for the same recipe. */
    public String toJson() {
        try {
            return new ObjectMapper().writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("numbers and flags always have a JSON form", e);
        }
    }

    TorchTrainer.Settings settings() {
        return new TorchTrainer.Settings(momentum, weightDecay, labelSmoothing, averaging);
    }

    private static void require(boolean holds, String what, Object value, String expected) {
        if (!holds) {
            throw new IllegalArgumentException("%s: %s (expected: %s)".formatted(what, value, expected));
        }
    }
}

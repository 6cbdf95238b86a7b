package dev.millrace.trainer.parity;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * How far two engines' logits lie apart.
 *
 * @param images compared, in batches
 * @param maxDifference largest absolute difference over all logits of all images
 * @param meanDifference mean absolute difference
 * @param top1Agreement share of images, 0 to 1, with the same best label
 * @param singleImages how many of them were run one by one, too
 * @param singleMaxDifference largest absolute difference over these runs
 * @param tolerance what either largest difference may be
 * @param worstImage index of the image that differs most, from 0
 * @param firstLayerBeyondTolerance on that image, in the order in which layers run: the first that differs by a larger share of its
 *     largest output than the tolerance is of the largest logit. Null where the two are the same, and where no layer differs when that
 *     image is run alone and unoptimised
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ParityReport(
        int images,
        double maxDifference,
        double meanDifference,
        double top1Agreement,
        int singleImages,
        double singleMaxDifference,
        double tolerance,
        int worstImage,
        @Nullable LayerDifference firstLayerBeyondTolerance) {
    /** Whether the two compute the same. A difference that is no number is none that passes. */
    @JsonProperty
    public boolean passed() {
        return maxDifference <= tolerance && singleMaxDifference <= tolerance;
    }
}

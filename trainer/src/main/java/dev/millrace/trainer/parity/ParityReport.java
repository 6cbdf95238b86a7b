package dev.millrace.trainer.parity;

/**
 * How far two engines' logits lie apart.
 *
 * @param images compared
 * @param firstDifference largest absolute difference over the logits of the first image
 * @param maxDifference largest absolute difference over all logits of all images
 * @param meanDifference mean absolute difference
 * @param top1Agreement share of images, 0 to 1, with the same best label
 * @param tolerance what {@code maxDifference} may be
 */
public record ParityReport(
        int images,
        double firstDifference,
        double maxDifference,
        double meanDifference,
        double top1Agreement,
        double tolerance) {
    /** Whether the two compute the same. A difference that is no number is none that passes. */
    public boolean passed() {
        return maxDifference <= tolerance;
    }
}

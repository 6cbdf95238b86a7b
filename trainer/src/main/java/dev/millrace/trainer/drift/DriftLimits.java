package dev.millrace.trainer.drift;

/**
 * How far answers may be from their reference.
 *
 * @param psi population stability index of the predicted classes, above 0
 * @param confidenceDrop how much lower the mean score of the best label may be, above 0, to 1
 * @param window answers that are looked at, the last ones; before there are as many, nothing has drifted
 */
public record DriftLimits(double psi, double confidenceDrop, int window) {
    /** What holds where nobody says otherwise. */
    public static final DriftLimits DEFAULT = new DriftLimits(0.25, 0.1, 1_000);

    private static final int FEWEST = 100;
    private static final int MOST = 1_000_000;

    /** @throws IllegalArgumentException for a value out of range */
    public DriftLimits {
        if (!(psi > 0) || Double.isInfinite(psi)) {
            throw new IllegalArgumentException("psi: %s (expected: a number above 0)".formatted(psi));
        }
        if (!(confidenceDrop > 0 && confidenceDrop <= 1)) {
            throw new IllegalArgumentException(
                    "confidence_drop: %s (expected: above 0, to 1)".formatted(confidenceDrop));
        }
        if (window < FEWEST || window > MOST) {
            throw new IllegalArgumentException("window: %d (expected: %d to %d)".formatted(window, FEWEST, MOST));
        }
    }
}

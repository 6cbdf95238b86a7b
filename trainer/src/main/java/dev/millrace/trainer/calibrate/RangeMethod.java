package dev.millrace.trainer.calibrate;

/** How a range is chosen from the values that were seen. */
public enum RangeMethod {
    /** From the lowest to the highest value. */
    MINMAX,
    /** Without a small share of the values at either end. */
    PERCENTILE,
    /** The range whose quantized distribution is nearest to the real one by Kullback-Leibler divergence (Migacz 2017). */
    ENTROPY,
    /** The range with the smallest mean squared error, rounding inside and clipping outside together (Choukroun et al. 2019). */
    MSE
}

package dev.millrace.trainer.quantize;

import dev.millrace.trainer.calibrate.Calibration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a person may decide about a quantization.
 *
 * @param calibration how ranges are chosen
 * @param perChannel one weight scale per output channel; else one per tensor
 * @param width of the weights; null: 7 bits unless 8 are clearly better, see {@link WeightWidth#choose}
 * @param keep names of nodes that stay in fp32
 * @param maxDrop what may be lost, 0 to 1: top-1 where there are labels, else disagreement with fp32
 * @param evenIfSlower take the int8 model where fp32 is faster on this machine, too
 */
public record QuantizeOptions(
        Calibration calibration,
        boolean perChannel,
        @Nullable WeightWidth width,
        Set<String> keep,
        double maxDrop,
        boolean evenIfSlower) {
    /** Minimum and maximum, per channel, at most one point lost, never slower than fp32. */
    public static final QuantizeOptions DEFAULT =
            new QuantizeOptions(Calibration.MINMAX, true, null, Set.of(), 0.01, false);

    public QuantizeOptions {
        keep = Set.copyOf(keep);
        if (!(maxDrop >= 0 && maxDrop <= 1)) {
            throw new IllegalArgumentException("max drop: %s (expected: 0 to 1)".formatted(maxDrop));
        }
    }
}

package dev.millrace.trainer.quantize;

/**
 * How weights are quantized.
 *
 * @param perChannel one scale per output channel; else one for all, which is less exact
 */
public record WeightScheme(WeightWidth width, boolean perChannel) {
    @Override
    public String toString() {
        return width + (perChannel ? " per-channel" : " per-tensor");
    }
}

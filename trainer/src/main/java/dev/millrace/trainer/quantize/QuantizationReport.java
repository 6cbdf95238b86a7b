package dev.millrace.trainer.quantize;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a quantization brought and what it cost. Compared on images that were not used for calibration, where there are any.
 *
 * @param precision of the model that came out: int8, or fp32 where that is the better one
 * @param reason why it is fp32; null for int8
 * @param weights such as {@code 7-bit per-channel}; null for fp32
 * @param opsetBefore of the given model
 * @param opsetAfter of the model that came out
 * @param images compared on
 * @param drop what was lost, 0 to 1
 * @param dropMeans of what: {@code top1}, {@code disagreement} (with fp32's best label) or {@code noise} (share of the worst output's power)
 * @param top1Before fp32's share of right labels; null without labels
 * @param top1After that of the model that came out
 * @param sqnrDb signal to quantization noise of the worst output, in decibels; 200 where there is none
 * @param imagesPerSecondBefore fp32, one thread
 * @param imagesPerSecondAfter of the model that came out, measured in turns with fp32
 * @param speedup the one by the other
 * @param bytesBefore size of the given file
 * @param bytesAfter size of the file that came out
 * @param keptFp32 nodes that handle image data and stay in fp32
 * @param layers signal to noise after each integer layer, in the order in which they run
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record QuantizationReport(
        String precision,
        @Nullable String reason,
        @Nullable String weights,
        long opsetBefore,
        long opsetAfter,
        int images,
        double drop,
        String dropMeans,
        @Nullable Double top1Before,
        @Nullable Double top1After,
        double sqnrDb,
        double imagesPerSecondBefore,
        double imagesPerSecondAfter,
        double speedup,
        long bytesBefore,
        long bytesAfter,
        List<KeptNode> keptFp32,
        List<Layer> layers) {
    public QuantizationReport {
        keptFp32 = List.copyOf(keptFp32);
        layers = List.copyOf(layers);
    }

    /** A node that stays in fp32, and why. */
    public record KeptNode(String node, String reason) {}

    /** A layer and the signal to noise after it, in decibels. */
    public record Layer(String node, double sqnrDb) {}
}

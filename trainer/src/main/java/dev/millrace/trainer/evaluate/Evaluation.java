package dev.millrace.trainer.evaluate;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a model does on labelled images. Shares are 0 to 1.
 *
 * @param model name that the file gives itself
 * @param precision fp32 or int8
 * @param bytes of the file
 * @param top1 share of images whose best label is right
 * @param top5 share of images whose right label is among the best five
 * @param confidence mean score of the best label, right or wrong, as a worker's answer carries it
 * @param imagesPerSecond one thread, decode to label, in the median batch: what other processes take now and then is left out
 * @param p99Ms milliseconds per image, decode to label, that 99 of 100 batches kept to
 * @param classes in label order
 * @param confusion true label against answered label
 * @param flip null: not asked for
 */
public record Evaluation(
        String model,
        String precision,
        long bytes,
        int images,
        double top1,
        double top5,
        double confidence,
        double imagesPerSecond,
        double p99Ms,
        FBeta fbeta,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable FlipAverage flip,

        List<ClassReport> classes,
        @JsonIgnore ConfusionMatrix confusion) {
    private static final int MOST_CONFUSED = 10;

    public Evaluation {
        classes = List.copyOf(classes);
    }

    /** The ten pairs of classes that are taken for one another most often. */
    @JsonProperty
    public List<ConfusedPair> mostConfused() {
        return confusion.mostConfused(MOST_CONFUSED);
    }

    /** The same figures of a file of another size, such as one that carries them in its metadata. */
    public Evaluation withBytes(long size) {
        return new Evaluation(
                model,
                precision,
                size,
                images,
                top1,
                top5,
                confidence,
                imagesPerSecond,
                p99Ms,
                fbeta,
                flip,
                classes,
                confusion);
    }
}

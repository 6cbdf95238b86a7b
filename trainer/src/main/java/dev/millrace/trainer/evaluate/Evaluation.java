package dev.millrace.trainer.evaluate;

import java.util.List;

/**
 * What a model does on labelled images. Shares are 0 to 1.
 *
 * @param model name that the file gives itself
 * @param precision fp32 or int8
 * @param bytes of the file
 * @param top1 share of images whose best label is right
 * @param top5 share of images whose right label is among the best five
 * @param imagesPerSecond one thread, decode to label, in the median batch of 8: what other processes take now and then is left out
 * @param classes in label order
 */
public record Evaluation(
        String model,
        String precision,
        long bytes,
        int images,
        double top1,
        double top5,
        double imagesPerSecond,
        List<ClassReport> classes) {
    public Evaluation {
        classes = List.copyOf(classes);
    }

    /** The same figures of a file of another size, such as one that carries them in its metadata. */
    public Evaluation withBytes(long size) {
        return new Evaluation(model, precision, size, images, top1, top5, imagesPerSecond, classes);
    }
}

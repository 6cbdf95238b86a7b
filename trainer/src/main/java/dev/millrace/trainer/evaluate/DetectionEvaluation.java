package dev.millrace.trainer.evaluate;

import dev.millrace.trainer.coco.CocoFigures;
import java.util.List;

/**
 * What a detector does on pictures with boxes. Shares are 0 to 1.
 *
 * @param model name that the file gives itself
 * @param precision fp32 or int8
 * @param bytes of the file
 * @param objects that count, without crowds
 * @param threshold the model's own, of all figures but those of {@code coco}
 * @param coco from scores of 0.001 on
 * @param missRate share of the objects that are not found at the overlap 0.5
 * @param falseAlarmsPerPicture boxes that are no object of their class, or one that a better box has
 * @param picturesPerSecond one thread, decode to boxes, of the median picture: what other processes take now and then is left out
 * @param medianMs milliseconds per picture, decode to boxes, that half of the pictures kept to
 * @param p99Ms that 99 of 100 kept to
 * @param fbeta over the classes that have objects
 * @param sizes all, small, medium, large
 * @param classes those that both the model and the data set have
 * @param leftOut classes of the data set that the model lacks; their objects are in no figure
 * @param labelsWithoutTruth labels of the model that the data set lacks; what is found of them is in no figure
 */
public record DetectionEvaluation(
        String model,
        String precision,
        long bytes,
        int pictures,
        int objects,
        float threshold,
        CocoFigures coco,
        double missRate,
        double falseAlarmsPerPicture,
        double picturesPerSecond,
        double medianMs,
        double p99Ms,
        FBeta fbeta,
        List<DetectedSizeReport> sizes,
        List<DetectedClassReport> classes,
        List<String> leftOut,
        List<String> labelsWithoutTruth) {
    public DetectionEvaluation {
        sizes = List.copyOf(sizes);
        classes = List.copyOf(classes);
        leftOut = List.copyOf(leftOut);
        labelsWithoutTruth = List.copyOf(labelsWithoutTruth);
    }
}

package dev.millrace.trainer.evaluate;

import org.jspecify.annotations.Nullable;

/**
 * How a detector fares with one class. Precision, recall and F-beta are those of its answers, at its own threshold and the overlap 0.5.
 *
 * @param objects of this class, without crowds
 * @param boxes that were answered and count: not those in crowds
 * @param precision share of the boxes of this class that are right; 0 where there is none
 * @param recall share of the objects that are found; 0 where there is none
 * @param fbeta see {@link FBeta}; 0 where the class is neither there nor found
 * @param ap50 average precision at the overlap 0.5; null where there are no objects
 * @param ap mean over the overlaps 0.5, 0.55 to 0.95; null where there are no objects
 */
public record DetectedClassReport(
        String label,
        int objects,
        int boxes,
        double precision,
        double recall,
        double fbeta,
        @Nullable Double ap50,
        @Nullable Double ap) {}

package dev.millrace.trainer.coco;

import org.jspecify.annotations.Nullable;

/**
 * The twelve figures of the COCO evaluation, 0 to 1, means over the classes that have objects (of the size in question); null where none
 * has.
 *
 * @param ap average precision, mean over the overlaps 0.5, 0.55 to 0.95: mAP@0.5:0.95
 * @param ap50 at the overlap 0.5: mAP@0.5
 * @param ap75 at the overlap 0.75
 * @param apSmall as {@code ap}, of objects up to 32 x 32 pixels
 * @param apMedium from there to 96 x 96 pixels
 * @param apLarge from there on
 * @param ar1 average recall: share of objects found by the best box of a class in each picture, mean over the same overlaps
 * @param ar10 by the ten best
 * @param ar100 by the hundred best
 * @param arSmall as {@code ar100}, of objects up to 32 x 32 pixels
 */
public record CocoFigures(
        @Nullable Double ap,
        @Nullable Double ap50,
        @Nullable Double ap75,
        @Nullable Double apSmall,
        @Nullable Double apMedium,
        @Nullable Double apLarge,
        @Nullable Double ar1,
        @Nullable Double ar10,
        @Nullable Double ar100,
        @Nullable Double arSmall,
        @Nullable Double arMedium,
        @Nullable Double arLarge) {}

package dev.millrace.trainer.evaluate;

/**
 * How a detector's answers fare with objects of one size, all classes together, at its own threshold and the overlap 0.5.
 *
 * @param size small (up to 32 x 32 pixels of the object), medium, large (from 96 x 96 on) or all
 * @param objects of this size, without crowds
 * @param boxes that were answered and count: objects of this size, or none and of this size themselves
 * @param precision share of the boxes of this size that are right; 0 where there is none
 * @param recall share of the objects that are found; 0 where there is none
 */
public record DetectedSizeReport(String size, int objects, int boxes, double precision, double recall) {}

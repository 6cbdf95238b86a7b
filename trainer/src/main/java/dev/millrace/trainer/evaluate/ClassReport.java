package dev.millrace.trainer.evaluate;

/**
 * How one class fares.
 *
 * @param images that truly are of this class
 * @param precision of the images answered with this label, the share that are of this class; 0 where none was
 * @param recall of the images of this class, the share answered with this label; 0 where there is none
 * @param fbeta see {@link FBeta}; 0 where the class is neither there nor answered
 */
public record ClassReport(String label, int images, double precision, double recall, double fbeta) {}

package dev.millrace.trainer.evaluate;

/**
 * What the model does when it is asked twice: the mean of its logits for an image and for its mirror image. No worker does this; it is
 * never the model's own figure.
 *
 * @param top1 share of images whose best label is right
 * @param top5 share of images whose right label is among the best five
 */
public record FlipAverage(double top1, double top5) {}

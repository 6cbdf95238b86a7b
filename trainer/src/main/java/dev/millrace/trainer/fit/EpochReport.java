package dev.millrace.trainer.fit;

/**
 * What one epoch brought.
 *
 * @param epoch from 1
 * @param trainingLoss mean over the steps, each before its update
 * @param validationTop1 share of validation images whose best label is right, 0 to 1
 * @param learningRate of the last step
 * @param seconds of the whole epoch, validation included; of the part since the last start where the run was continued inside it
 * @param imagesPerSecond of the training steps
 */
public record EpochReport(
        int epoch,
        double trainingLoss,
        double validationTop1,
        double learningRate,
        double seconds,
        double imagesPerSecond) {}

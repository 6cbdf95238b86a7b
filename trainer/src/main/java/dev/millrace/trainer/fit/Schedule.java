package dev.millrace.trainer.fit;

import dev.millrace.trainer.torch.TorchTrainer.Part;

/**
 * What learns at which step of a run, and how fast: one cycle over all of it, or one for the classifier alone and another after that.
 *
 * @param classifier at the start; of no steps where all weights learn from the first one on
 * @param smallSteps the first steps, which see smaller images
 * @param scale of their height and width
 */
record Schedule(OneCycle classifier, OneCycle all, long smallSteps, double scale) {
    /** Steps are counted over all epochs. */
    static Schedule of(TrainingPlan plan, int stepsPerEpoch) {
        Recipe recipe = plan.recipe();
        FineTuning tuning = plan.tuning();
        int frozenEpochs = tuning == null ? 0 : Math.min(tuning.frozenEpochs(), recipe.epochs());
        long frozenSteps = (long) frozenEpochs * stepsPerEpoch;
        double rate = tuning == null ? recipe.peakLearningRate() : tuning.unfrozenRate();
        ProgressiveResizing progressive = recipe.progressive();
        return new Schedule(
                new OneCycle(recipe.peakLearningRate(), frozenSteps),
                new OneCycle(rate, (long) recipe.epochs() * stepsPerEpoch - frozenSteps),
                progressive == null ? 0 : (long) progressive.epochs() * stepsPerEpoch,
                progressive == null ? 1 : progressive.scale());
    }

    /** Of the whole run. */
    long steps() {
        return classifier.steps() + all.steps();
    }

    Part part(long step) {
        return step < classifier.steps() ? Part.CLASSIFIER : Part.ALL;
    }

    /** By which height and width of the images are multiplied. */
    double scale(long step) {
        return step < smallSteps ? scale : 1;
    }

    double learningRate(long step) {
        return step < classifier.steps() ? classifier.at(step) : all.at(step - classifier.steps());
    }
}

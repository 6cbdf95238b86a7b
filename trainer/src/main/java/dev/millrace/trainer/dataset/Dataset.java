package dev.millrace.trainer.dataset;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * A data set in memory.
 *
 * @param name as in its {@link DatasetSpec}, without a path
 * @param classes class names by label
 * @param train may be empty: the bundled sample is for testing only
 * @param validation split off the training images, the same ones every time
 * @param sha256 identifies the images it was loaded from, see {@link LabelledImages#sha256()}
 */
public record Dataset(
        String name,
        List<String> classes,
        ImageShape shape,
        LabelledImages train,
        LabelledImages validation,
        LabelledImages test,
        String sha256) {
    /** Fixed, so that training, quantizing and evaluating at different times hold out the same images. */
    private static final long VALIDATION_SEED = 20170828;

    private static final int MAX_VALIDATION = 5_000;

    public Dataset {
        classes = List.copyOf(classes);
    }

    /** Holds out a tenth of the training images, at most 5,000, chosen by a fixed seed, as validation. */
    static Dataset withValidationSplit(
            String name, List<String> classes, LabelledImages training, LabelledImages test) {
        LabelledImages shuffled = training.shuffled(VALIDATION_SEED);
        int heldOut = Math.min(MAX_VALIDATION, shuffled.size() / 10);
        LabelledImages train =
                shuffled.select(IntStream.range(heldOut, shuffled.size()).toArray());
        return new Dataset(name, classes, training.shape(), train, shuffled.first(heldOut), test, training.sha256());
    }

    static Dataset testOnly(String name, List<String> classes, LabelledImages test) {
        return new Dataset(name, classes, test.shape(), test.first(0), test.first(0), test, test.sha256());
    }

    /**
     * The images of one split.
     *
     * @throws DatasetException when this data set has none there
     */
    public LabelledImages images(Split split) throws DatasetException {
        LabelledImages images =
                switch (split) {
                    case TRAIN -> train;
                    case VALIDATION -> validation;
                    case TEST -> test;
                };
        if (images.size() == 0) {
            throw new DatasetException("split: %s of %s is empty (expected: a data set that has such images)"
                    .formatted(split.name().toLowerCase(Locale.ROOT), name));
        }
        return images;
    }
}

package dev.millrace.trainer.dataset;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A data set.
 *
 * @param name as in its {@link DatasetSpec}, without a path
 * @param classes class names by label; empty where images have no labels
 * @param train may be empty: the bundled sample is for testing only
 * @param validation split off the training images, the same ones every time, unless the set brings its own
 * @param origin the images that training and validation are taken from, or the only ones there are: what identifies the set
 */
public record Dataset(
        String name,
        List<String> classes,
        ImageShape shape,
        LabelledImages train,
        LabelledImages validation,
        LabelledImages test,
        LabelledImages origin) {
    /** Fixed, so that training, quantizing and evaluating at different times hold out the same images. */
    private static final long VALIDATION_SEED = 20170828;

    private static final long TEST_SEED = 20090408;
    private static final int MAX_HELD_OUT = 5_000;

    public Dataset {
        classes = List.copyOf(classes);
    }

    /** Holds out a tenth of the training images, at most 5,000, chosen by a fixed seed, as validation. */
    static Dataset withValidationSplit(
            String name, List<String> classes, LabelledImages training, LabelledImages test) {
        return divided(name, classes, training, null, test);
    }

    static Dataset testOnly(String name, List<String> classes, LabelledImages test) {
        return divided(name, classes, test.first(0), test.first(0), test);
    }

    /**
     * Holds out what is null: a tenth of the training images, at most 5,000 and at least one of three, chosen by a fixed seed; test before
     * validation.
     */
    static Dataset divided(
            String name,
            List<String> classes,
            LabelledImages training,
            @Nullable LabelledImages validation,
            @Nullable LabelledImages test) {
        LabelledImages rest = training;
        LabelledImages testing = test;
        if (testing == null) {
            testing = heldOut(rest, TEST_SEED);
            rest = others(rest, TEST_SEED);
        }
        LabelledImages validating = validation;
        if (validating == null) {
            validating = heldOut(rest, VALIDATION_SEED);
            rest = others(rest, VALIDATION_SEED);
        }
        LabelledImages origin = Stream.of(training, validating, testing)
                .filter(images -> images.size() > 0)
                .findFirst()
                .orElse(training);
        return new Dataset(name, classes, training.shape(), rest, validating, testing, origin);
    }

    private static LabelledImages heldOut(LabelledImages images, long seed) {
        return images.shuffled(seed).first(countHeldOut(images));
    }

    private static LabelledImages others(LabelledImages images, long seed) {
        return images.shuffled(seed)
                .select(IntStream.range(countHeldOut(images), images.size()).toArray());
    }

    private static int countHeldOut(LabelledImages images) {
        return images.size() < 3 ? 0 : Math.min(MAX_HELD_OUT, Math.max(1, images.size() / 10));
    }

    /**
     * The same data set with so many images held out for validation; the others that were are trained on, too.
     *
     * @param n from 1 to as many as are held out now
     * @throws DatasetException when there are fewer, or when the set brings its own images for validation
     */
    public Dataset holdingOut(int n) throws DatasetException {
        if (n < 1 || n > validation.size()) {
            throw new DatasetException("held out: %d of %s (expected: 1 to %d)".formatted(n, name, validation.size()));
        }
        Map<Integer, Integer> positions = positions(n);
        // Validation first: of what is held out now, the first ones stay.
        LabelledImages divided = origin.select(Stream.of(validation, train)
                .flatMapToInt(part -> IntStream.range(0, part.size()).map(part::id))
                .map(id -> positions.getOrDefault(id, 0))
                .toArray());
        return new Dataset(
                name,
                classes,
                shape,
                divided.select(IntStream.range(n, divided.size()).toArray()),
                divided.first(n),
                test,
                origin);
    }

    /** Of every image in {@link #origin}, by its id. */
    private Map<Integer, Integer> positions(int n) throws DatasetException {
        Map<Integer, Integer> positions = new HashMap<>();
        for (int i = 0; i < origin.size(); i++) {
            positions.put(origin.id(i), i);
        }
        boolean splitOff = train.size() > 0
                && IntStream.range(0, validation.size()).map(validation::id).allMatch(positions::containsKey);
        if (!splitOff) {
            throw new DatasetException(
                    "held out: %d of %s (expected: a data set that does not bring its own validation images)"
                            .formatted(n, name));
        }
        return positions;
    }

    /** Identifies the images it was loaded from, see {@link LabelledImages#sha256()}. */
    public String sha256() {
        return origin.sha256();
    }

    /** The same images in another shape, see {@link LabelledImages#resized}. */
    public Dataset resized(ImageShape wanted) {
        return new Dataset(
                name,
                classes,
                wanted,
                train.resized(wanted),
                validation.resized(wanted),
                test.resized(wanted),
                origin.resized(wanted));
    }

    public boolean isLabelled() {
        return !classes.isEmpty();
    }

    /**
     * This data set.
     *
     * @throws DatasetException when its images have no labels
     */
    public Dataset labelled() throws DatasetException {
        if (!isLabelled()) {
            throw new DatasetException("data set: %s has no labels (expected: one with labels, such as %s)"
                    .formatted(name, "folder:DIR with one folder a class"));
        }
        return this;
    }

    /**
     * The same images with the labels of a model. Classes are found by name, where punctuation and case do not count, or by number; the set
     * need not have all of them.
     *
     * @throws DatasetException when the images have no labels, or ones that the model does not know
     */
    public Dataset labelledAs(List<String> labels) throws DatasetException {
        int[] to = LabelOrder.positions(name, labelled().classes(), labels);
        return new Dataset(
                name, labels, shape, train.relabelled(to), validation.relabelled(to), test.relabelled(to), origin);
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

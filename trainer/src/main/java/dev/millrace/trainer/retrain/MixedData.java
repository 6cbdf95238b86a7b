package dev.millrace.trainer.retrain;

import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.dataset.Split;
import dev.millrace.trainer.replay.ReplayImages;
import java.io.IOException;
import java.util.stream.IntStream;

/**
 * Base and replayed images as one data set. A network that learns from new images alone forgets the old ones; rehearsing some of the old
 * beside the new keeps it from that ("experience replay", Rolnick et al. 2019). The same inputs give the same images in the same order.
 */
final class MixedData {
    private MixedData() {}

    /**
     * To train on: a sample of the base's training images, all of them where the spec names no number, then replayed images, repeated or
     * left out until they are the share that the spec asks for. To validate on: the base's validation images, then all that were held
     * out. Where none are replayed it is the base's alone.
     *
     * @throws IOException when the base has no images to train or validate on, or the replayed ones are of other classes, in another order,
     *     or of another shape
     */
    static Dataset of(Dataset base, ReplayImages replayed, RetrainSpec spec) throws IOException {
        requireFit(base, replayed);
        long seed = spec.train().seed();
        LabelledImages all = base.images(Split.TRAIN);
        Integer wanted = spec.base().images();
        LabelledImages sample = wanted == null ? all : all.shuffled(seed).first(wanted);
        int count = replayed.train().size() == 0
                ? 0
                : count(sample.size(), spec.replay().share());
        LabelledImages train = sample.and(repeated(replayed.train().shuffled(seed), count));
        LabelledImages validation = base.images(Split.VALIDATION).and(replayed.heldOut());
        return new Dataset(
                base.name() + "+replayed",
                base.classes(),
                base.shape(),
                train,
                validation,
                base.test(),
                train.and(validation));
    }

    /** So many beside {@code others} that they are that share of all. */
    static int count(int others, double share) {
        return Math.toIntExact(Math.round(others * share / (1 - share)));
    }

    private static LabelledImages repeated(LabelledImages images, int count) {
        return images.select(
                IntStream.range(0, count).map(i -> i % images.size()).toArray());
    }

    private static void requireFit(Dataset base, ReplayImages replayed) throws IOException {
        if (!replayed.classes().equals(base.classes())) {
            throw new IOException("replayed images: of the classes %s (expected: %s, as %s has them)"
                    .formatted(replayed.classes(), base.classes(), base.name()));
        }
        ImageShape shape = replayed.train().shape();
        if (!shape.equals(base.shape())) {
            throw new IOException(
                    "replayed images: %s (expected: %s, as the network takes)".formatted(shape, base.shape()));
        }
    }
}

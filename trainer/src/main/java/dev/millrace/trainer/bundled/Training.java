package dev.millrace.trainer.bundled;

import dev.millrace.trainer.fit.Augmentation;
import dev.millrace.trainer.fit.Augmentation.Flip;
import dev.millrace.trainer.fit.ProgressiveResizing;
import dev.millrace.trainer.fit.Recipe;
import dev.millrace.trainer.net.Architecture;
import org.jspecify.annotations.Nullable;

/**
 * A training run that a bundled model comes from.
 *
 * @param id names its folder
 * @param dataset spec of the data set it learns from
 * @param teacher the bundled model that teaches it, as {@link BundledModels} reads it; null: only the labels do
 */
public record Training(
        String id,
        String dataset,
        Architecture architecture,
        Recipe recipe,
        @Nullable String teacher) {
    static final Training FASHION_MNIST =
            new Training("fashion-mnist", "fashion-mnist", Architecture.RESNET_MINI, Recipe.STANDARD, null);

    /** The same network after one epoch: a version that is really worse, to try rollouts with. */
    static final Training FASHION_MNIST_EARLY = new Training(
            "fashion-mnist-early",
            "fashion-mnist",
            Architecture.RESNET_MINI,
            new Recipe(1, 128, 0.1, 0.9, 5e-4, 0.1, 0, new Augmentation(Flip.RANDOM, 2, 8), 1),
            null);

    static final Training CIFAR100 = new Training(
            "cifar100",
            "cifar100",
            Architecture.VGGRES,
            new Recipe(
                    50,
                    128,
                    0.15,
                    0.9,
                    5e-4,
                    0.1,
                    0.998,
                    new Augmentation(Flip.ALTERNATING, 4, 12),
                    1,
                    new ProgressiveResizing(0.75, 33),
                    2_000),
            null);

    /** A tenth of the weights. */
    static final Training CIFAR100_RESNET20 = new Training(
            "cifar100-resnet20",
            "cifar100",
            Architecture.RESNET20,
            new Recipe(
                    60,
                    128,
                    0.2,
                    0.9,
                    5e-4,
                    0.1,
                    0.998,
                    new Augmentation(Flip.ALTERNATING, 4, 8),
                    1,
                    new ProgressiveResizing(0.75, 36),
                    2_000),
            "bundled:cifar100");
}

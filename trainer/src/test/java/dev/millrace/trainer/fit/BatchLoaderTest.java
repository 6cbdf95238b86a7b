package dev.millrace.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.Samples;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.dataset.DownloadListener;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.dataset.UnreadablePictureException;
import dev.millrace.trainer.dataset.WantedShape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchLoaderTest {
    private static final Recipe ALTERNATING =
            new Recipe(2, 64, 0.1, 0.9, 0, 0, 0, new Augmentation(Augmentation.Flip.ALTERNATING, 0, 0), 7);

    @Test
    void alternatingFlipsShowEveryImageBothWaysInTwoEpochs() throws Exception {
        LabelledImages images = Samples.dataset().train();
        Map<Integer, String> originals = new HashMap<>();
        for (int i = 0; i < images.size(); i++) {
            originals.put(Arrays.hashCode(images.image(i)), "plain");
            originals.put(Arrays.hashCode(mirrored(images.image(i), images.shape())), "mirrored");
        }

        Map<String, Integer> first = count(images, 0, originals);
        Map<String, Integer> second = count(images, 1, originals);

        assertThat(first.getOrDefault("plain", 0)).isBetween(200, 440);
        assertThat(first).containsEntry("mirrored", second.getOrDefault("plain", 0));
        assertThat(first).containsEntry("plain", second.getOrDefault("mirrored", 0));
    }

    @Test
    void handsOverThatAPictureCannotBeRead(@TempDir Path root) throws Exception {
        for (int i = 0; i < 4; i++) {
            Path cat = Files.createDirectories(root.resolve("cat"));
            Files.writeString(cat.resolve(i + ".png"), "no picture");
        }
        LabelledImages images = DatasetSpec.parse("folder:" + root)
                .load(WantedShape.exactly(new ImageShape(2, 2, 1)), DownloadListener.NONE)
                .origin();
        Recipe recipe = new Recipe(1, 2, 0.1, 0.9, 0, 0, 0, Augmentation.NONE, 7);

        try (BatchLoader loader = new BatchLoader(images, recipe, null, 0, 0)) {
            assertThatThrownBy(loader::next)
                    .isInstanceOf(UnreadablePictureException.class)
                    .hasMessageContaining(".png: cannot be read as a picture");
        }
    }

    private static Map<String, Integer> count(LabelledImages images, int epoch, Map<Integer, String> originals)
            throws InterruptedException {
        Map<String, Integer> counts = new HashMap<>();
        try (BatchLoader loader = new BatchLoader(images, ALTERNATING, null, epoch, 0)) {
            for (int step = 0; step < BatchLoader.steps(images, ALTERNATING); step++) {
                byte[] pixels = loader.next().pixels;
                int bytes = images.shape().bytes();
                for (int at = 0; at < pixels.length; at += bytes) {
                    int hash = Arrays.hashCode(Arrays.copyOfRange(pixels, at, at + bytes));
                    counts.merge(originals.getOrDefault(hash, "unknown"), 1, Integer::sum);
                }
            }
        }
        return counts;
    }

    private static byte[] mirrored(byte[] image, ImageShape shape) {
        byte[] mirrored = image.clone();
        new Augmentation(Augmentation.Flip.ALTERNATING, 0, 0)
                .apply(image, shape, true, new SplittableRandom(1), mirrored, 0);
        return mirrored;
    }
}

package dev.millrace.trainer.dataset;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;

/**
 * The sample of Fashion-MNIST's test images that is packed with Millrace: the same number of every class, in a mixed order. Enough to
 * show and check the whole loop on a machine without the data set.
 */
public final class BundledSample {
    private static final String IMAGES = "sample-images-idx3-ubyte.gz";
    private static final String LABELS = "sample-labels-idx1-ubyte.gz";
    private static final String RESOURCES = "/bundled/fashion-mnist/";
    private static final int PER_CLASS = 200;
    private static final long SEED = 1;

    private BundledSample() {}

    static Dataset load() throws IOException {
        try (InputStream images = BundledSample.class.getResourceAsStream(RESOURCES + IMAGES);
                InputStream labels = BundledSample.class.getResourceAsStream(RESOURCES + LABELS)) {
            if (images == null || labels == null) {
                throw new DatasetException("bundled:fashion-mnist: not in this build (expected: " + RESOURCES + ")");
            }
            IdxSet set = IdxSet.FASHION_MNIST;
            return Dataset.testOnly(set.name(), set.classes(), set.read(images, IMAGES, labels, LABELS));
        }
    }

    /** Takes 200 images of every class from the test images, mixes them by a fixed seed and writes both files to a folder. */
    public static void write(Dataset fashionMnist, Path folder) throws IOException {
        int[] taken = new int[fashionMnist.classes().size()];
        LabelledImages test = fashionMnist.test();
        int[] chosen = IntStream.range(0, test.size())
                .filter(i -> taken[test.label(i)]++ < PER_CLASS)
                .toArray();
        Files.createDirectories(folder);
        try (OutputStream images = Files.newOutputStream(folder.resolve(IMAGES));
                OutputStream labels = Files.newOutputStream(folder.resolve(LABELS))) {
            IdxSet.write(test.select(chosen).shuffled(SEED), images, labels);
        }
    }
}

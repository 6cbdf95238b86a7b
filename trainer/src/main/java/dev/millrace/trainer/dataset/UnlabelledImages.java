package dev.millrace.trainer.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** PNG and JPEG pictures without labels, in a folder and the folders in it: to train on, with a tenth held out as validation. */
final class UnlabelledImages {
    static final String NAME = "images";

    private UnlabelledImages() {}

    /** @throws DatasetException when there is none, or sizes differ and none is wanted */
    static Dataset load(Path root, WantedShape wanted) throws IOException {
        if (!Files.isDirectory(root)) {
            throw new DatasetException(root + ": no such folder (expected: one with PNG and JPEG pictures in it)");
        }
        List<Path> files = PictureFiles.under(root);
        if (files.isEmpty()) {
            throw new DatasetException(root + ": no pictures in it (expected: files that end in .png, .jpg or .jpeg)");
        }
        int[] labels = new int[files.size()];
        Arrays.fill(labels, LabelledImages.UNLABELLED);
        LabelledImages all = LabelledImages.of(PictureFiles.open(files, wanted), labels);
        return Dataset.withValidationSplit(NAME, List.of(), all, all.first(0));
    }
}

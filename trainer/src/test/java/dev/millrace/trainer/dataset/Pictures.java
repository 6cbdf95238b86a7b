package dev.millrace.trainer.dataset;

import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Writes picture files of one colour. */
final class Pictures {
    private Pictures() {}

    /** Grey where all three are the same; the format is the ending of the name. */
    static Path write(Path file, int width, int height, int red, int green, int blue) throws IOException {
        boolean grey = red == green && green == blue;
        BufferedImage image =
                new BufferedImage(width, height, grey ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.getRaster().setPixel(x, y, new int[] {red, green, blue});
            }
        }
        Files.createDirectories(file.getParent());
        String name = file.toString();
        File target = file.toFile();
        if (!ImageIO.write(image, name.substring(name.lastIndexOf('.') + 1), target)) {
            throw new IOException(name + ": no writer (expected: png or jpg)");
        }
        return file;
    }
}

package dev.millrace.schemas.picture;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import javax.imageio.ImageIO;

/** Where drawn pictures go: one file, or a folder of files that are named as the images are. One thread at a time. */
public final class PictureOutput {

    private final Path out;
    private final boolean folder;
    private final Set<String> taken = new HashSet<>();

    /**
     * Of a file or folder that need not be there.
     *
     * @param several whether more than one image may come: then it is a folder
     */
    public PictureOutput(Path out, boolean several) {
        this.out = out;
        this.folder = several || Files.isDirectory(out);
    }

    /**
     * Writes a picture as PNG.
     *
     * @param image the image's name, such as its path
     * @return the file
     * @throws IOException if it cannot be written
     */
    public Path write(String image, BufferedImage picture) throws IOException {
        Path file = folder ? out.resolve(free(image)) : out;
        Path parent = file.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        if (!ImageIO.write(picture, "png", file.toFile())) {
            throw new IOException(file + ": no PNG writer (expected: in every JDK)");
        }
        return file;
    }

    /** Images of several folders may have one name. */
    private String free(String image) {
        String name = image.substring(Math.max(image.lastIndexOf('/'), image.lastIndexOf('\\')) + 1)
                .replaceAll("[^\\p{Alnum}._-]", "_");
        int dot = name.lastIndexOf('.');
        String stem = dot > 0 ? name.substring(0, dot) : name;
        String candidate = stem + ".png";
        for (int n = 2; !taken.add(candidate); n++) {
            candidate = stem + "-" + n + ".png";
        }
        return candidate;
    }
}

package dev.millrace.schemas.picture;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.stream.ImageInputStream;
import org.jspecify.annotations.Nullable;

/** Pictures to draw on, from what requests carry. Stateless. */
public final class SourcePicture {
    private SourcePicture() {}

    /**
     * Of a PNG or JPEG file, upright.
     *
     * @throws IOException if the JDK cannot read it
     */
    public static BufferedImage encoded(ByteBuffer file) throws IOException {
        byte[] bytes = new byte[file.remaining()];
        file.duplicate().get(bytes);
        try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(bytes))) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (!readers.hasNext()) {
                throw new IOException("picture: not readable (expected: PNG or JPEG)");
            }
            ImageReader reader = readers.next();
            try {
                reader.setInput(in);
                BufferedImage stored = reader.read(0);
                return Upright.of(stored, metadata(reader));
            } catch (RuntimeException e) {
                throw new IOException("picture: not readable: " + e.getMessage(), e);
            } finally {
                reader.dispose();
            }
        }
    }

    /** Null where it cannot be read: the picture can be. */
    private static @Nullable IIOMetadata metadata(ImageReader reader) {
        try {
            return reader.getImageMetadata(0);
        } catch (IOException | RuntimeException e) {
            return null;
        }
    }

    /**
     * Of pixels.
     *
     * @param pixels height x width x channels, or channels x height x width
     * @param channels 1 or 3
     * @param planar whether channels come first
     */
    public static BufferedImage raw(ByteBuffer pixels, int width, int height, int channels, boolean planar) {
        BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        int plane = width * height;
        int first = pixels.position();
        for (int i = 0; i < plane; i++) {
            int rgb = 0;
            for (int c = 0; c < 3; c++) {
                int channel = Math.min(c, channels - 1);
                int at = planar ? channel * plane + i : i * channels + channel;
                rgb = (rgb << 8) | (pixels.get(first + at) & 0xFF);
            }
            picture.setRGB(i % width, i / width, rgb);
        }
        return picture;
    }
}

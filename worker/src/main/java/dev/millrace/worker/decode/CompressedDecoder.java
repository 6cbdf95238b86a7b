package dev.millrace.worker.decode;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import org.jspecify.annotations.Nullable;

/**
 * PNG or JPEG to HWC pixels through the JDK's reader, of which any warning is an error. Samples are taken from the
 * raster as they are: {@code BufferedImage.getRGB} would shift grey through a gamma curve. Belongs to its decoder's
 * thread.
 */
final class CompressedDecoder {

    private final CompressedFile file;
    private final WarningCollector warnings = new WarningCollector();
    private @Nullable ImageReader reader;
    private byte[] stripped = {};
    private byte[] hwc = {};
    private int[] row = {};

    CompressedDecoder(CompressedFile file) {
        this.file = file;
    }

    ImageSize size(ByteBuffer bytes) throws ImageRejectedException {
        return file.size(bytes);
    }

    /** The pixels, height x width x channels of the given size; valid until the next call. */
    ByteBuffer decode(ByteBuffer bytes, ImageSize size) throws ImageRejectedException {
        if (stripped.length < bytes.remaining()) {
            stripped = new byte[bytes.remaining()];
        }
        if (hwc.length < size.bytes()) {
            hwc = new byte[size.bytes()];
        }
        if (row.length < size.width() * size.channels()) {
            row = new int[size.width() * size.channels()];
        }
        int length = file.strip(bytes, stripped);
        BufferedImage image = read(length);
        if (image.getWidth() != size.width() || image.getHeight() != size.height()) {
            throw corrupt("decoded size: " + image.getWidth() + "x" + image.getHeight() + " (expected: " + size + ")");
        }
        if (image.getColorModel() instanceof IndexColorModel palette) {
            expand(image.getRaster(), palette, size);
        } else {
            copy(image.getRaster(), size);
        }
        return ByteBuffer.wrap(hwc, 0, size.bytes());
    }

    private BufferedImage read(int length) throws ImageRejectedException {
        ImageReader current = reader == null ? open() : reader;
        reader = null;
        warnings.clear();
        try (ArrayImageStream stream = new ArrayImageStream(stripped, length)) {
            current.setInput(stream, true, true);
            BufferedImage image = current.read(0);
            if (warnings.first() != null) {
                throw corrupt("reader warns: " + warnings.first() + " (expected: no warning)");
            }
            current.setInput(null);
            reader = current;
            return image;
        } catch (IOException | RuntimeException e) {
            throw corrupt("reader fails: " + e.getMessage() + " (expected: a sound " + file.format() + ")");
        } finally {
            if (reader == null) {
                // What a failed read leaves inside a reader is not specified.
                current.dispose();
            }
        }
    }

    private ImageReader open() {
        ImageReader opened = ImageIO.getImageReadersByFormatName(file.format()).next();
        opened.addIIOReadWarningListener(warnings);
        return opened;
    }

    private void copy(Raster raster, ImageSize size) throws ImageRejectedException {
        if (raster.getNumBands() != size.channels()) {
            throw corrupt("decoded channels: " + raster.getNumBands() + " (expected: " + size.channels() + ")");
        }
        int samples = size.width() * size.channels();
        for (int y = 0, to = 0; y < size.height(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, size.width(), 1, row);
            for (int i = 0; i < samples; i++) {
                hwc[to++] = (byte) row[i];
            }
        }
    }

    /** Palette indices to colours; grey of less than 8 bits comes as a grey palette. */
    private void expand(Raster raster, IndexColorModel palette, ImageSize size) throws ImageRejectedException {
        for (int y = 0, to = 0; y < size.height(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, size.width(), 1, row);
            for (int x = 0; x < size.width(); x++) {
                int index = row[x];
                if (index >= file.colours()) {
                    throw corrupt("palette index: " + index + " (expected: below " + file.colours() + ")");
                }
                hwc[to++] = (byte) palette.getRed(index);
                if (size.channels() == 3) {
                    hwc[to++] = (byte) palette.getGreen(index);
                    hwc[to++] = (byte) palette.getBlue(index);
                }
            }
        }
    }

    private static ImageRejectedException corrupt(String message) {
        return new ImageRejectedException(RejectionReason.CORRUPT_IMAGE, message);
    }
}

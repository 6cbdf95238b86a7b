package dev.millrace.worker.decode;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import org.jspecify.annotations.Nullable;

/**
 * PNG or JPEG to rows of HWC pixels through the JDK's reader, of which any warning is an error. Samples are taken from the
 * raster as they are: {@code BufferedImage.getRGB} would shift grey through a gamma curve. Belongs to its decoder's
 * thread.
 */
final class CompressedDecoder {

    private final CompressedFile file;
    private final WarningCollector warnings = new WarningCollector();
    private @Nullable ImageReader reader;
    private byte[] stripped = {};
    /** One row. */
    private byte[] hwc = {};

    private int[] values = {};

    CompressedDecoder(CompressedFile file) {
        this.file = file;
    }

    Header header(ByteBuffer bytes) throws ImageRejectedException {
        return file.header(bytes);
    }

    /** Gives the rows of the image, as it is stored. */
    void decode(ByteBuffer bytes, ImageSize size, Rows rows) throws ImageRejectedException {
        if (stripped.length < bytes.remaining()) {
            stripped = new byte[bytes.remaining()];
        }
        int samples = size.width() * size.channels();
        if (hwc.length < samples) {
            hwc = new byte[samples];
            values = new int[samples];
        }
        int length = file.strip(bytes, stripped);
        BufferedImage image = read(length);
        if (image.getWidth() != size.width() || image.getHeight() != size.height()) {
            throw corrupt("decoded size: " + image.getWidth() + "x" + image.getHeight() + " (expected: " + size + ")");
        }
        Raster raster = image.getRaster();
        if (image.getColorModel() instanceof IndexColorModel palette) {
            expand(raster, palette, size, rows);
            return;
        }
        if (raster.getNumBands() != size.channels()) {
            throw corrupt("decoded channels: " + raster.getNumBands() + " (expected: " + size.channels() + ")");
        }
        if (raster.getDataBuffer() instanceof DataBufferByte buffer
                && raster.getSampleModel() instanceof PixelInterleavedSampleModel model) {
            copy(buffer, model, raster, size, rows);
        } else {
            copy(raster, size, rows);
        }
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

    /** What the JDK's readers mostly give, without a call for each row and an int for each sample. */
    private void copy(
            DataBufferByte buffer, PixelInterleavedSampleModel model, Raster raster, ImageSize size, Rows rows) {
        byte[] data = buffer.getData();
        int first = buffer.getOffset()
                - raster.getSampleModelTranslateY() * model.getScanlineStride()
                - raster.getSampleModelTranslateX() * model.getPixelStride();
        int[] bands = model.getBandOffsets();
        int step = model.getPixelStride();
        for (int y = 0; y < size.height(); y++) {
            int row = first + y * model.getScanlineStride();
            for (int c = 0; c < size.channels(); c++) {
                for (int to = c, from = row + bands[c], end = size.width() * size.channels();
                        to < end;
                        to += size.channels(), from += step) {
                    hwc[to] = data[from];
                }
            }
            rows.row(hwc);
        }
    }

    private void copy(Raster raster, ImageSize size, Rows rows) {
        int samples = size.width() * size.channels();
        for (int y = 0; y < size.height(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, size.width(), 1, values);
            for (int i = 0; i < samples; i++) {
                hwc[i] = (byte) values[i];
            }
            rows.row(hwc);
        }
    }

    /** Palette indices to colours; grey of less than 8 bits comes as a grey palette. */
    private void expand(Raster raster, IndexColorModel palette, ImageSize size, Rows rows)
            throws ImageRejectedException {
        for (int y = 0; y < size.height(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, size.width(), 1, values);
            for (int x = 0, to = 0; x < size.width(); x++) {
                int index = values[x];
                if (index >= file.colours()) {
                    throw corrupt("palette index: " + index + " (expected: below " + file.colours() + ")");
                }
                hwc[to++] = (byte) palette.getRed(index);
                if (size.channels() == 3) {
                    hwc[to++] = (byte) palette.getGreen(index);
                    hwc[to++] = (byte) palette.getBlue(index);
                }
            }
            rows.row(hwc);
        }
    }

    private static ImageRejectedException corrupt(String message) {
        return new ImageRejectedException(RejectionReason.CORRUPT_IMAGE, message);
    }
}

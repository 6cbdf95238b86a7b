package dev.millrace.worker.infer;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Writes 8-bit grey PNG files whose samples are the bytes given. Belongs to one thread. */
final class GreyPng {
    private final ImageWriter writer =
            ImageIO.getImageWritersByFormatName("png").next();

    /** The file, from the buffer's position to its limit. */
    ByteBuffer encode(byte[] samples, int width, int height) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
        byte[] data = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
        System.arraycopy(samples, 0, data, 0, samples.length);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
            writer.setOutput(stream);
            writer.write(image);
        } catch (IOException e) {
            throw new UncheckedIOException("png: not written, to memory", e);
        } finally {
            writer.setOutput(null);
        }
        return ByteBuffer.wrap(out.toByteArray());
    }
}

package dev.millrace.worker.decode;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;

/** Builds PNG files chunk by chunk, sound ones and others. */
public final class PngBytes {

    private static final long MAGIC = 0x89504E470D0A1A0AL;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(bytes);

    PngBytes() {
        write(() -> out.writeLong(MAGIC));
    }

    /** A file so far: the magic bytes and IHDR. */
    public static PngBytes withHeader(int width, int height, int bits, int colourType) {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        DataOutputStream data = new DataOutputStream(header);
        write(() -> {
            data.writeInt(width);
            data.writeInt(height);
            data.write(new byte[] {(byte) bits, (byte) colourType, 0, 0, 0});
        });
        return new PngBytes().chunk("IHDR", header.toByteArray());
    }

    /** Rows of {@code rowBytes} packed samples, unfiltered, then the end. */
    public byte[] rows(byte[] samples, int rowBytes) {
        ByteArrayOutputStream filtered = new ByteArrayOutputStream();
        for (int at = 0; at < samples.length; at += rowBytes) {
            filtered.write(0);
            filtered.write(samples, at, rowBytes);
        }
        return chunk("IDAT", deflate(filtered.toByteArray())).end();
    }

    /** One more chunk, its CRC-32 right. */
    public PngBytes chunk(String type, byte[] data) {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(data);
        write(() -> {
            out.writeInt(data.length);
            out.write(name);
            out.write(data);
            out.writeInt((int) crc.getValue());
        });
        return this;
    }

    /** The whole file. */
    public byte[] end() {
        return chunk("IEND", new byte[0]).bytes.toByteArray();
    }

    static byte[] deflate(byte[] data) {
        ByteArrayOutputStream deflated = new ByteArrayOutputStream();
        write(() -> {
            try (DeflaterOutputStream deflater = new DeflaterOutputStream(deflated)) {
                deflater.write(data);
            }
        });
        return deflated.toByteArray();
    }

    private interface Writing {
        void run() throws IOException;
    }

    private static void write(Writing writing) {
        try {
            writing.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package dev.millrace.trainer.replay;

import dev.millrace.trainer.dataset.ImageShape;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;

/**
 * The beginning of a buffer's file: {@code MRREPLAY}; as big-endian ints the version of the format (1), height, width, channels, images of a
 * class at most, and classes; each class name as its length and UTF-8; CRC-32C of all that; zeros to a multiple of 4,096 bytes.
 */
record BufferHeader(ImageShape shape, List<String> classes, int perClass) {
    private static final byte[] MAGIC = "MRREPLAY".getBytes(StandardCharsets.US_ASCII);
    private static final int FORMAT = 1;
    private static final int PAGE = 4_096;
    private static final int MOST_CLASSES = 1 << 20;
    private static final int LONGEST_NAME = 1 << 16;

    BufferHeader {
        classes = List.copyOf(classes);
    }

    static BufferHeader of(ReplaySpec spec) {
        return new BufferHeader(spec.shape(), spec.classes(), spec.perClass());
    }

    /** Where the slots begin. */
    int bytes() {
        return encode().length;
    }

    byte[] encode() {
        byte[] content = content();
        return Arrays.copyOf(content, content.length + Math.floorMod(-content.length, PAGE));
    }

    private byte[] content() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.write(MAGIC);
            out.writeInt(FORMAT);
            out.writeInt(shape.height());
            out.writeInt(shape.width());
            out.writeInt(shape.channels());
            out.writeInt(perClass);
            out.writeInt(classes.size());
            for (String name : classes) {
                byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
                out.writeInt(utf8.length);
                out.write(utf8);
            }
            CRC32C crc = new CRC32C();
            crc.update(bytes.toByteArray());
            out.writeInt((int) crc.getValue());
        } catch (IOException e) {
            throw new UncheckedIOException("memory can be written to", e);
        }
        return bytes.toByteArray();
    }

    /**
     * Reads the header of a file, with the zeros after it.
     *
     * @throws IOException when it is damaged or none
     */
    static BufferHeader read(InputStream file) throws IOException {
        CheckedInputStream checked = new CheckedInputStream(file, new CRC32C());
        DataInputStream in = new DataInputStream(checked);
        if (!Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
            throw new IOException("does not begin with MRREPLAY");
        }
        int format = in.readInt();
        if (format != FORMAT) {
            throw new IOException("format %d".formatted(format));
        }
        int height = in.readInt();
        int width = in.readInt();
        int channels = in.readInt();
        int perClass = in.readInt();
        int count = within(in.readInt(), MOST_CLASSES);
        List<String> classes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int length = within(in.readInt(), LONGEST_NAME);
            byte[] utf8 = in.readNBytes(length);
            classes.add(new String(utf8, StandardCharsets.UTF_8));
        }
        int expected = (int) checked.getChecksum().getValue();
        if (in.readInt() != expected) {
            throw new IOException("its header is damaged");
        }
        BufferHeader header = new BufferHeader(new ImageShape(height, width, channels), classes, perClass);
        in.readNBytes(Math.floorMod(-header.content().length, PAGE));
        return header;
    }

    private static int within(int value, int most) throws IOException {
        if (value < 0 || value > most) {
            throw new IOException("its header is damaged");
        }
        return value;
    }
}

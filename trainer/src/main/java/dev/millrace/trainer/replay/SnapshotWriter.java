package dev.millrace.trainer.replay;

import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.files.WholeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Writes a snapshot: a {@link BufferHeader} with 0 images of a class; for each image whether it is held out (a byte, 0 or 1), its label (int) and
 * its pixels (HWC); and CRC-32C of all of it. Big-endian. Belongs to who makes it.
 */
final class SnapshotWriter {
    private final BufferHeader header;
    private final ByteBuffer image;
    private final CRC32C crc = new CRC32C();
    private int images;

    SnapshotWriter(ImageShape shape, List<String> classes) {
        header = new BufferHeader(shape, classes, 0);
        image = ByteBuffer.allocate(imageBytes(shape));
    }

    static int imageBytes(ImageShape shape) {
        return 1 + Integer.BYTES + shape.bytes();
    }

    void begin(WholeFile.Output out) throws IOException {
        write(ByteBuffer.wrap(header.encode()), out);
    }

    void add(Slots.Entry entry, boolean heldOut, WholeFile.Output out) throws IOException {
        image.clear().put((byte) (heldOut ? 1 : 0)).putInt(entry.label());
        entry.putPixels(image);
        image.flip();
        write(image, out);
        images++;
    }

    void end(WholeFile.Output out) throws IOException {
        out.write(
                ByteBuffer.allocate(Integer.BYTES).putInt((int) crc.getValue()).flip());
    }

    private void write(ByteBuffer bytes, WholeFile.Output out) throws IOException {
        crc.update(bytes.duplicate());
        out.write(bytes);
    }

    int images() {
        return images;
    }
}

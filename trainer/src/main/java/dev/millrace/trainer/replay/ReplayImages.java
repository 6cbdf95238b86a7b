package dev.millrace.trainer.replay;

import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;

/**
 * The images of a buffer at one moment, in memory.
 *
 * @param classes names by label
 * @param all oldest first
 * @param train those that are not held out
 * @param validation those that are
 */
public record ReplayImages(List<String> classes, LabelledImages all, LabelledImages train, LabelledImages validation) {
    public ReplayImages {
        classes = List.copyOf(classes);
    }

    /**
     * Reads what {@link ReplayBuffer#snapshot} wrote.
     *
     * @throws IOException when it cannot be read or is damaged
     */
    public static ReplayImages read(Path snapshot) throws IOException {
        CheckedInputStream checked =
                new CheckedInputStream(new BufferedInputStream(Files.newInputStream(snapshot)), new CRC32C());
        try (DataInputStream in = new DataInputStream(checked)) {
            return read(in, checked, Files.size(snapshot));
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException | IllegalArgumentException e) {
            String said = e.getMessage() == null ? "ends too early" : e.getMessage();
            throw new IOException(
                    "%s: %s (expected: a whole snapshot of a replay buffer)".formatted(snapshot, said), e);
        }
    }

    private static ReplayImages read(DataInputStream in, CheckedInputStream checked, long bytes) throws IOException {
        BufferHeader header = BufferHeader.read(in);
        ImageShape shape = header.shape();
        if (header.perClass() != 0) {
            throw new IOException("a replay buffer itself");
        }
        long rest = bytes - header.bytes() - Integer.BYTES;
        if (rest < 0 || rest % SnapshotWriter.imageBytes(shape) != 0) {
            throw new IOException(bytes + " bytes");
        }
        int images = Math.toIntExact(rest / SnapshotWriter.imageBytes(shape));
        int[] labels = new int[images];
        boolean[] heldOut = new boolean[images];
        byte[] pixels = new byte[Math.multiplyExact(images, shape.bytes())];
        for (int i = 0; i < images; i++) {
            heldOut[i] = in.readByte() != 0;
            labels[i] = in.readInt();
            in.readFully(pixels, i * shape.bytes(), shape.bytes());
        }
        int expected = (int) checked.getChecksum().getValue();
        if (in.readInt() != expected) {
            throw new IOException("its checksum is wrong");
        }
        LabelledImages all = LabelledImages.of(shape, pixels, labels);
        return new ReplayImages(
                header.classes(),
                all,
                all.select(IntStream.range(0, images).filter(i -> !heldOut[i]).toArray()),
                all.select(IntStream.range(0, images).filter(i -> heldOut[i]).toArray()));
    }
}

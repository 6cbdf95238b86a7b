package dev.millrace.trainer.replay;

import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.files.WholeFile;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UTFDataFormatException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The images of a buffer at one moment, in memory: what a run takes.
 *
 * @param classes names by label
 * @param train to learn from, oldest first
 * @param heldOut never learned from
 */
public record ReplayImages(List<String> classes, LabelledImages train, LabelledImages heldOut) {
    private static final int MAGIC = 0x4d525031;

    /** @throws IllegalArgumentException when the two are of different shapes, or a label is none of the classes */
    public ReplayImages {
        classes = List.copyOf(classes);
        if (!train.shape().equals(heldOut.shape())) {
            throw new IllegalArgumentException(
                    "held-out images: %s (expected: %s, as the others)".formatted(heldOut.shape(), train.shape()));
        }
        for (LabelledImages images : List.of(train, heldOut)) {
            for (int i = 0; i < images.size(); i++) {
                if (images.label(i) < 0 || images.label(i) >= classes.size()) {
                    throw new IllegalArgumentException("label of replayed image %d: %d (expected: 0 to %d)"
                            .formatted(i, images.label(i), classes.size() - 1));
                }
            }
        }
    }

    /** None yet. */
    public static ReplayImages none(List<String> classes, ImageShape shape) {
        LabelledImages none = LabelledImages.of(shape, new byte[0], new int[0]);
        return new ReplayImages(classes, none, none);
    }

    /** Replaces the file in one step. */
    public void write(Path file) throws IOException {
        ImageShape shape = train.shape();
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(header)) {
            out.writeInt(MAGIC);
            out.writeInt(shape.height());
            out.writeInt(shape.width());
            out.writeInt(shape.channels());
            out.writeInt(classes.size());
            for (String name : classes) {
                out.writeUTF(name);
            }
            out.writeInt(train.size());
            out.writeInt(heldOut.size());
        }
        WholeFile.write(file, out -> {
            out.write(ByteBuffer.wrap(header.toByteArray()));
            for (LabelledImages images : List.of(train, heldOut)) {
                for (int i = 0; i < images.size(); i++) {
                    out.write(ByteBuffer.allocate(Integer.BYTES + shape.bytes())
                            .putInt(images.label(i))
                            .put(images.image(i))
                            .flip());
                }
            }
        });
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws IOException also when it is something else
     */
    public static ReplayImages read(Path file) throws IOException {
        long bytes = Files.size(file);
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            if (in.readInt() != MAGIC) {
                throw new IOException(file + ": something else (expected: replayed images of a run)");
            }
            ImageShape shape = new ImageShape(in.readInt(), in.readInt(), in.readInt());
            List<String> classes = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                classes.add(in.readUTF());
            }
            long train = in.readInt();
            long heldOut = in.readInt();
            if (train < 0 || heldOut < 0 || (train + heldOut) * shape.bytes() > bytes) {
                throw new EOFException();
            }
            return new ReplayImages(classes, images(in, shape, (int) train), images(in, shape, (int) heldOut));
        } catch (EOFException | UTFDataFormatException | IllegalArgumentException | ArithmeticException e) {
            throw new IOException(file + ": damaged (expected: replayed images of a run)", e);
        }
    }

    private static LabelledImages images(DataInputStream in, ImageShape shape, int count) throws IOException {
        byte[] pixels = new byte[Math.multiplyExact(count, shape.bytes())];
        int[] labels = new int[count];
        for (int i = 0; i < count; i++) {
            labels[i] = in.readInt();
            in.readFully(pixels, i * shape.bytes(), shape.bytes());
        }
        return LabelledImages.of(shape, pixels, labels);
    }
}

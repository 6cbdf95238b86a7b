package dev.millrace.trainer.retrain;

import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.files.WholeFile;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Images of the stream whose label is known, as a run takes them.
 *
 * @param classes names by label
 * @param train to learn from
 * @param heldOut never learned from
 */
public record Replayed(List<String> classes, LabelledImages train, LabelledImages heldOut) {
    private static final int MAGIC = 0x4d525031;

    /** @throws IllegalArgumentException when the two are of different shapes, or a label is none of the classes */
    public Replayed {
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
    public static Replayed none(List<String> classes, ImageShape shape) {
        LabelledImages none = LabelledImages.of(shape, new byte[0], new int[0]);
        return new Replayed(classes, none, none);
    }

    /** Replaces the file in one step. */
    void write(Path file) throws IOException {
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
    static Replayed read(Path file) throws IOException {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            if (in.readInt() != MAGIC) {
                throw new IOException(file + ": something else (expected: replayed images of a run)");
            }
            ImageShape shape = new ImageShape(in.readInt(), in.readInt(), in.readInt());
            List<String> classes = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                classes.add(in.readUTF());
            }
            int train = in.readInt();
            int heldOut = in.readInt();
            return new Replayed(classes, images(in, shape, train), images(in, shape, heldOut));
        } catch (EOFException | IllegalArgumentException e) {
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

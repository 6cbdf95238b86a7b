package dev.millrace.trainer.replay;

import dev.millrace.trainer.files.WholeFile;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** A buffer's file: a header that never changes, and slots that are written one at a time. Belongs to its buffer. */
final class SlotFile implements AutoCloseable {
    private final Path path;
    private final BufferHeader header;
    private final Slots slots;
    private final long begin;
    private final FileChannel channel;
    private final ByteBuffer slot;

    private SlotFile(Path path, BufferHeader header) throws IOException {
        this.path = path;
        this.header = header;
        this.slots = new Slots(header.shape());
        this.begin = header.bytes();
        this.channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        this.slot = ByteBuffer.allocate(slots.bytes());
    }

    /** @throws IOException when it cannot be read, or is no such file */
    static SlotFile open(Path path) throws IOException {
        BufferHeader header;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(path))) {
            header = BufferHeader.read(in);
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException(
                    "%s: %s (expected: a replay buffer; without the file a new one is begun)".formatted(path, said(e)),
                    e);
        }
        return new SlotFile(path, header);
    }

    /** Makes one with nothing in it. */
    static void create(Path path, BufferHeader header) throws IOException {
        WholeFile.write(path, header.encode());
    }

    BufferHeader header() {
        return header;
    }

    int slots() {
        return Math.multiplyExact(header.perClass(), header.classes().size());
    }

    /**
     * What is in a slot.
     *
     * @param number from 0; those of one class follow one another
     * @return null: nothing that can be used
     */
    Slots.@Nullable Entry read(int number) throws IOException {
        slot.clear();
        long at = at(number);
        try {
            while (slot.hasRemaining() && channel.read(slot, at + slot.position()) >= 0) {
                // Until the slot is full or the file ends.
            }
        } catch (IOException e) {
            throw named(e);
        }
        slot.flip();
        Slots.Entry entry = slots.decode(slot);
        return entry != null && entry.label() == number / header.perClass() ? entry : null;
    }

    /** Whether the slot that was read last has been written, though nothing in it can be used. */
    boolean lastWasTorn() {
        return !Slots.isEmpty(slot);
    }

    /** @throws IOException with the file's path; what is in the slot is not known then */
    void write(int number, Slots.Entry entry) throws IOException {
        slots.encode(entry, slot);
        write(slot, at(number));
    }

    /** Takes out what is in a slot. */
    void clear(int number) throws IOException {
        if (at(number) < channel.size()) {
            write(Slots.nothing(), at(number));
        }
    }

    private void write(ByteBuffer bytes, long at) throws IOException {
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes, at + bytes.position());
            }
        } catch (IOException e) {
            throw named(e);
        }
    }

    /** Returns when the disk has all that was written. */
    void force() throws IOException {
        try {
            channel.force(false);
        } catch (IOException e) {
            throw named(e);
        }
    }

    private long at(int number) {
        return begin + (long) number * slots.bytes();
    }

    /** Such as "No space left on device", which does not say where. */
    private IOException named(IOException e) {
        return new IOException(path + ": " + said(e), e);
    }

    private static String said(Exception e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}

package dev.millrace.trainer.replay;

import dev.millrace.trainer.dataset.ImageShape;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * How an image lies in a buffer's file: CRC-32C of the rest, label (int), sequence number (long, from 1), hash of its request (16 bytes),
 * pixels (HWC). All big-endian. A slot with no image is zeros, or beyond the end of the file.
 */
record Slots(ImageShape shape) {
    private static final int PREFIX = 2 * Integer.BYTES + Long.BYTES + RequestHash.BYTES;

    /** An image as it was put. */
    static final class Entry {
        private final int label;
        private final long sequence;
        private final RequestHash request;
        private final byte[] pixels;

        /** Takes over the pixels. */
        Entry(int label, long sequence, RequestHash request, byte[] pixels) {
            this.label = label;
            this.sequence = sequence;
            this.request = request;
            this.pixels = pixels;
        }

        int label() {
            return label;
        }

        /** Higher than that of every image that was put before. */
        long sequence() {
            return sequence;
        }

        RequestHash request() {
            return request;
        }

        void putPixels(ByteBuffer into) {
            into.put(pixels);
        }
    }

    int bytes() {
        return PREFIX + shape.bytes();
    }

    /** Zeros in the place of a slot's beginning: whatever follows, it is empty. */
    static ByteBuffer nothing() {
        return ByteBuffer.allocate(PREFIX);
    }

    /** Puts an entry from position 0 on and flips. */
    void encode(Entry entry, ByteBuffer into) {
        into.clear()
                .putInt(0)
                .putInt(entry.label)
                .putLong(entry.sequence)
                .putLong(entry.request.first())
                .putLong(entry.request.second());
        entry.putPixels(into);
        into.flip();
        into.putInt(0, crc(into));
    }

    /** What is in a slot; null: nothing, or what a crash left of it. */
    @Nullable
    Entry decode(ByteBuffer slot) {
        if (slot.remaining() < bytes() || slot.getInt(0) != crc(slot) || slot.getLong(2 * Integer.BYTES) < 1) {
            return null;
        }
        slot.position(Integer.BYTES);
        int label = slot.getInt();
        long sequence = slot.getLong();
        RequestHash request = new RequestHash(slot.getLong(), slot.getLong());
        byte[] pixels = new byte[shape.bytes()];
        slot.get(pixels);
        return new Entry(label, sequence, request, pixels);
    }

    /** Whether a slot that cannot be read was never written, or cleared: otherwise it is torn. */
    static boolean isEmpty(ByteBuffer slot) {
        for (int i = 0; i < Math.min(PREFIX, slot.limit()); i++) {
            if (slot.get(i) != 0) {
                return false;
            }
        }
        return true;
    }

    private static int crc(ByteBuffer slot) {
        CRC32C crc = new CRC32C();
        crc.update(slot.duplicate().position(Integer.BYTES));
        return (int) crc.getValue();
    }
}

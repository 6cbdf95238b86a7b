package dev.millrace.worker.decode;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How a stored image is to be turned to stand upright: tag 0x0112 of Exif (CIPA DC-008, 4.6.4). Upright (x, y) is stored at (u, v), where
 * u follows x and v follows y, or the other way round where it is {@code transposed}; and each may run backwards.
 */
enum Orientation {
    NORMAL(false, false, false),
    MIRRORED(false, true, false),
    UPSIDE_DOWN(false, true, true),
    FLIPPED(false, false, true),
    TRANSPOSED(true, false, false),
    TURN_RIGHT(true, false, true),
    TRANSVERSE(true, true, true),
    TURN_LEFT(true, true, false);

    private static final Orientation[] BY_TAG = values();
    private static final int TAG = 0x0112;
    private static final int SHORT = 3;
    private static final int ENTRY_BYTES = 12;

    private final boolean transposed;
    private final boolean backwardsU;
    private final boolean backwardsV;

    Orientation(boolean transposed, boolean backwardsU, boolean backwardsV) {
        this.transposed = transposed;
        this.backwardsU = backwardsU;
        this.backwardsV = backwardsV;
    }

    boolean transposed() {
        return transposed;
    }

    boolean backwardsU() {
        return backwardsU;
    }

    boolean backwardsV() {
        return backwardsV;
    }

    ImageSize upright(ImageSize stored) {
        return transposed
                ? new ImageSize(/* width= */ stored.height(), /* height= */ stored.width(), stored.channels())
                : stored;
    }

    /**
     * What Exif data says; NORMAL where it says nothing, or nothing that can be read: cameras and editors damage it often, and no pixel is
     * lost with it.
     *
     * @param exif a TIFF file, from the buffer's position to its limit
     */
    static Orientation of(ByteBuffer exif) {
        ByteBuffer tiff = exif.slice();
        if (tiff.remaining() < 8) {
            return NORMAL;
        }
        int order = tiff.getShort(0);
        if (order != 0x4949 && order != 0x4D4D) {
            return NORMAL;
        }
        tiff.order(order == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        long directory = Integer.toUnsignedLong(tiff.getInt(4));
        if (tiff.getShort(2) != 42 || directory > tiff.limit() - 2) {
            return NORMAL;
        }
        int entries = tiff.getShort((int) directory) & 0xFFFF;
        int at = (int) directory + 2;
        for (int i = 0; i < entries && at <= tiff.limit() - ENTRY_BYTES; i++, at += ENTRY_BYTES) {
            if ((tiff.getShort(at) & 0xFFFF) == TAG) {
                int value = tiff.getShort(at + 8) & 0xFFFF;
                boolean sound = tiff.getShort(at + 2) == SHORT && tiff.getInt(at + 4) == 1;
                return sound && value >= 1 && value <= BY_TAG.length ? BY_TAG[value - 1] : NORMAL;
            }
        }
        return NORMAL;
    }
}

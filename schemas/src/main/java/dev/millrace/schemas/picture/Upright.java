package dev.millrace.schemas.picture;

import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.IntStream;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.NodeList;

/**
 * Turns a picture as its Exif data says (tag 0x0112; CIPA DC-008, 4.6.4), as workers do, whose boxes lie on what is upright. Data that is
 * missing or damaged says nothing. Stateless.
 */
final class Upright {
    private static final int TAG = 0x0112;
    private static final int ENTRY_BYTES = 12;
    private static final String APP1 = "225";
    private static final byte[] EXIF = {'E', 'x', 'i', 'f', 0, 0};

    private Upright() {}

    /** @param metadata of the picture's file; null: none */
    static BufferedImage of(BufferedImage stored, @Nullable IIOMetadata metadata) {
        int tag = metadata == null ? 1 : tag(metadata);
        if (tag == 1) {
            return stored;
        }
        boolean transposed = tag >= 5;
        boolean backwardsU = tag == 2 || tag == 3 || tag == 7 || tag == 8;
        boolean backwardsV = tag == 3 || tag == 4 || tag == 6 || tag == 7;
        int width = transposed ? stored.getHeight() : stored.getWidth();
        int height = transposed ? stored.getWidth() : stored.getHeight();
        BufferedImage upright = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int u = transposed ? y : x;
                int v = transposed ? x : y;
                int rgb = stored.getRGB(
                        backwardsU ? stored.getWidth() - 1 - u : u, backwardsV ? stored.getHeight() - 1 - v : v);
                upright.setRGB(x, y, rgb);
            }
        }
        return upright;
    }

    /** 1 to 8. */
    private static int tag(IIOMetadata metadata) {
        if (!(metadata.getAsTree(metadata.getNativeMetadataFormatName()) instanceof IIOMetadataNode root)) {
            return 1;
        }
        for (IIOMetadataNode segment : nodes(root, "unknown")) {
            if (segment.getAttribute("MarkerTag").equals(APP1)
                    && segment.getUserObject() instanceof byte[] bytes
                    && startsWith(bytes, EXIF)) {
                return tag(ByteBuffer.wrap(bytes, EXIF.length, bytes.length - EXIF.length));
            }
        }
        for (IIOMetadataNode chunk : nodes(root, "UnknownChunk")) {
            if (chunk.getAttribute("type").equals("eXIf") && chunk.getUserObject() instanceof byte[] bytes) {
                return tag(ByteBuffer.wrap(bytes));
            }
        }
        return 1;
    }

    private static Iterable<IIOMetadataNode> nodes(IIOMetadataNode root, String name) {
        NodeList all = root.getElementsByTagName(name);
        return () -> IntStream.range(0, all.getLength())
                .mapToObj(all::item)
                .map(IIOMetadataNode.class::cast)
                .iterator();
    }

    private static boolean startsWith(byte[] bytes, byte[] start) {
        return bytes.length >= start.length && Arrays.equals(bytes, 0, start.length, start, 0, start.length);
    }

    /** Of a TIFF file. */
    private static int tag(ByteBuffer exif) {
        ByteBuffer tiff = exif.slice();
        if (tiff.remaining() < 8) {
            return 1;
        }
        tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        long directory = Integer.toUnsignedLong(tiff.getInt(4));
        if (tiff.getShort(2) != 42 || directory > tiff.limit() - 2) {
            return 1;
        }
        int entries = tiff.getShort((int) directory) & 0xFFFF;
        int at = (int) directory + 2;
        for (int i = 0; i < entries && at <= tiff.limit() - ENTRY_BYTES; i++, at += ENTRY_BYTES) {
            int value = tiff.getShort(at + 8) & 0xFFFF;
            if ((tiff.getShort(at) & 0xFFFF) == TAG && value >= 1 && value <= 8) {
                return value;
            }
        }
        return 1;
    }
}

package dev.millrace.trainer;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;

/** PNG files with an Exif orientation, as cameras write it into JPEG files. */
public final class TurnedPicture {
    private static final int AFTER_HEADER = 33;

    private TurnedPicture() {}

    /**
     * The file.
     *
     * @param orientation 1 to 8, tag 0x0112 of Exif: 6 is to be turned right by a quarter
     */
    public static byte[] png(BufferedImage stored, int orientation) throws IOException {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(stored, "png", png);
        ByteBuffer tiff = ByteBuffer.allocate(26);
        tiff.put(new byte[] {'M', 'M'}).putShort((short) 42).putInt(8).putShort((short) 1);
        tiff.putShort((short) 0x0112).putShort((short) 3).putInt(1);
        tiff.putShort((short) orientation).putShort((short) 0).putInt(0);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(png.toByteArray(), 0, AFTER_HEADER);
        out.writeBytes(chunk("eXIf", tiff.array()));
        out.write(png.toByteArray(), AFTER_HEADER, png.size() - AFTER_HEADER);
        return out.toByteArray();
    }

    private static byte[] chunk(String type, byte[] data) {
        ByteBuffer chunk = ByteBuffer.allocate(12 + data.length);
        chunk.putInt(data.length).put(type.getBytes(StandardCharsets.US_ASCII)).put(data);
        CRC32 crc = new CRC32();
        crc.update(chunk.array(), 4, 4 + data.length);
        return chunk.putInt((int) crc.getValue()).array();
    }
}

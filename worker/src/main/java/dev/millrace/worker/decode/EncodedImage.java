package dev.millrace.worker.decode;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * One image as it came: its encoding, the size it claims, and its bytes (from position to limit; never changed, and
 * not copied).
 *
 * @param encoding how to read the bytes
 * @param width pixels; for PNG and JPEG 0 means: as the header says, anything else must equal the header
 * @param height pixels; as width
 * @param channels 1 (grey) or 3 (RGB); for PNG and JPEG as width
 * @param bytes the image
 */
public record EncodedImage(Encoding encoding, int width, int height, int channels, ByteBuffer bytes) {

    /** Raw uint8 pixels, height x width x channels. */
    public static EncodedImage raw(int width, int height, int channels, byte[] bytes) {
        return new EncodedImage(Encoding.RAW_U8, width, height, channels, ByteBuffer.wrap(bytes));
    }

    /** Raw uint8 pixels, channels x height x width. */
    public static EncodedImage planes(int width, int height, int channels, byte[] bytes) {
        return new EncodedImage(Encoding.RAW_U8_CHW, width, height, channels, ByteBuffer.wrap(bytes));
    }

    /** A PNG file, its size taken from its header. */
    public static EncodedImage png(byte[] bytes) {
        return new EncodedImage(Encoding.PNG, 0, 0, 0, ByteBuffer.wrap(bytes));
    }

    /** A JPEG file, its size taken from its header. */
    public static EncodedImage jpeg(byte[] bytes) {
        return new EncodedImage(Encoding.JPEG, 0, 0, 0, ByteBuffer.wrap(bytes));
    }

    /**
     * Reads a PNG or JPEG file; which of the two, its first bytes say and not its name.
     *
     * @throws IOException if the file cannot be read
     * @throws ImageRejectedException UNKNOWN_ENCODING if it is neither, TOO_LARGE beyond {@link DecodeLimits#DEFAULT}
     */
    public static EncodedImage ofFile(Path file) throws IOException, ImageRejectedException {
        int cap = DecodeLimits.DEFAULT.maxBytes();
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(cap + 1);
        }
        if (bytes.length > cap) {
            throw new ImageRejectedException(
                    RejectionReason.TOO_LARGE, "bytes: more than " + cap + " (expected: at most " + cap + ")");
        }
        Encoding encoding = Encoding.ofMagic(ByteBuffer.wrap(bytes))
                .orElseThrow(() -> new ImageRejectedException(
                        RejectionReason.UNKNOWN_ENCODING, "file: neither PNG nor JPEG (expected: PNG or JPEG)"));
        return new EncodedImage(encoding, 0, 0, 0, ByteBuffer.wrap(bytes));
    }

    /**
     * The pixels that its header says it has once it stands upright, in NHWC, grey or RGB, without decoding any; of raw pixels, what was named.
     *
     * @throws ImageRejectedException if there is no such header or it names a kind of image that is not read, TOO_LARGE
     *     beyond {@link DecodeLimits#DEFAULT}
     */
    public PixelShape headerShape() throws ImageRejectedException {
        ImageSize size = header().upright();
        DecodeLimits.DEFAULT.check(size);
        return new PixelShape(
                size.height(),
                size.width(),
                size.channels(),
                TensorLayout.NHWC,
                size.channels() == 1 ? ChannelOrder.GREY : ChannelOrder.RGB);
    }

    /**
     * How it lies in its file, as its header says, without decoding any pixel.
     *
     * @throws ImageRejectedException if there is no such header or it names a kind of image that is not read
     */
    public Frame frame() throws ImageRejectedException {
        return new Frame(header());
    }

    private Header header() throws ImageRejectedException {
        return switch (encoding) {
            case RAW_U8, RAW_U8_CHW -> new Header(new ImageSize(width, height, channels), Orientation.NORMAL);
            case PNG -> new PngFile().header(bytes);
            case JPEG -> new JpegFile().header(bytes);
        };
    }
}

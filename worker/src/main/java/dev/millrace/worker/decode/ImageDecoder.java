package dev.millrace.worker.decode;

import java.nio.ByteBuffer;

/**
 * Decodes images to the uint8 pixels one model takes, strictly: what is truncated, damaged or of another size is
 * rejected, never guessed. Sizes are judged from the header, before any pixel is decoded. Grey becomes RGB by
 * repetition, RGB becomes grey by ITU-R BT.601 luma. Colour profiles, gamma and EXIF orientation are left alone.
 *
 * <p>Belongs to one thread; buffers and readers are reused from image to image.
 */
public final class ImageDecoder {

    private final PixelShape target;
    private final DecodeLimits limits;
    private final PixelWriter writer;
    private final Placement whole;
    private byte[] hwc = {};
    private final CompressedDecoder png = new CompressedDecoder(new PngFile());
    private final CompressedDecoder jpeg = new CompressedDecoder(new JpegFile());

    public ImageDecoder(PixelShape target, DecodeLimits limits) {
        this.target = target;
        this.limits = limits;
        this.writer = new PixelWriter(target);
        this.whole = Placement.whole(target.width(), target.height());
    }

    /**
     * Writes the image's pixels, {@link PixelShape#bytes()} of them, to {@code into} from byte offset {@code at} on.
     * The buffer's position stays as it is. On rejection nothing is written.
     *
     * @return where the image lies on the model's canvas
     * @throws ImageRejectedException if the image is at fault
     */
    public Placement decode(EncodedImage image, ByteBuffer into, int at) throws ImageRejectedException {
        limits.check(image.bytes().remaining());
        switch (image.encoding()) {
            case RAW_U8, RAW_U8_CHW -> decodeRaw(image, into, at);
            case PNG -> decodeCompressed(png, image, into, at);
            case JPEG -> decodeCompressed(jpeg, image, into, at);
        }
        return whole;
    }

    private void decodeRaw(EncodedImage image, ByteBuffer into, int at) throws ImageRejectedException {
        if (image.channels() != 1 && image.channels() != 3) {
            throw new ImageRejectedException(
                    RejectionReason.UNSUPPORTED_IMAGE, "channels: " + image.channels() + " (expected: 1 or 3)");
        }
        ImageSize size = new ImageSize(image.width(), image.height(), image.channels());
        int bytes = image.bytes().remaining();
        // Checked by division, since width x height x channels of a hostile record may pass 64 bits.
        boolean matches = size.width() > 0
                && size.height() > 0
                && bytes % size.channels() == 0
                && (long) size.width() * size.height() == bytes / size.channels();
        if (!matches) {
            throw new ImageRejectedException(
                    RejectionReason.SIZE_MISMATCH,
                    "bytes: " + bytes + " (expected: width x height x channels, " + size + ")");
        }
        limits.check(size);
        checkModelSize(size);
        ByteBuffer pixels = image.encoding() == Encoding.RAW_U8_CHW && size.channels() > 1
                ? interleaved(image.bytes(), size)
                : image.bytes();
        writer.write(pixels, size.channels(), into, at);
    }

    /** Valid until the next call. */
    private ByteBuffer interleaved(ByteBuffer planes, ImageSize size) {
        if (hwc.length < size.bytes()) {
            hwc = new byte[size.bytes()];
        }
        int from = planes.position();
        for (int c = 0; c < size.channels(); c++) {
            for (int to = c; to < size.bytes(); to += size.channels()) {
                hwc[to] = planes.get(from++);
            }
        }
        return ByteBuffer.wrap(hwc, 0, size.bytes());
    }

    private void decodeCompressed(CompressedDecoder decoder, EncodedImage image, ByteBuffer into, int at)
            throws ImageRejectedException {
        ImageSize size = decoder.size(image.bytes());
        limits.check(size);
        checkClaim("width", image.width(), size.width());
        checkClaim("height", image.height(), size.height());
        checkClaim("channels", image.channels(), size.channels());
        checkModelSize(size);
        writer.write(decoder.decode(image.bytes(), size), size.channels(), into, at);
    }

    private static void checkClaim(String what, int claimed, int actual) throws ImageRejectedException {
        if (claimed != 0 && claimed != actual) {
            throw new ImageRejectedException(
                    RejectionReason.SIZE_MISMATCH,
                    what + ": " + claimed + " (expected: " + actual + " as in the header, or 0)");
        }
    }

    private void checkModelSize(ImageSize size) throws ImageRejectedException {
        if (size.width() != target.width() || size.height() != target.height()) {
            throw new ImageRejectedException(
                    RejectionReason.WRONG_SIZE,
                    "image: " + size.width() + "x" + size.height() + " (expected: " + target.width() + "x"
                            + target.height() + ", the model's size)");
        }
    }
}

package dev.millrace.worker.decode;

import java.nio.ByteBuffer;

/**
 * Decodes images to the uint8 pixels one model takes, strictly: what is truncated or damaged is rejected, never guessed. Sizes are judged
 * from the header, before any pixel is decoded. An image is turned upright as its Exif data says and, if it is of another size than the
 * model's, resized as the model wants it, or rejected. Grey becomes RGB by repetition, RGB becomes grey by ITU-R BT.601 luma. Colour
 * profiles and gamma are left alone.
 *
 * <p>Belongs to one thread; buffers and readers are reused from image to image.
 */
public final class ImageDecoder {

    private final PixelShape target;
    private final DecodeLimits limits;
    private final PixelWriter writer;
    private final Placement whole;
    private final Canvas canvas;
    private final CompressedDecoder png = new CompressedDecoder(new PngFile());
    private final CompressedDecoder jpeg = new CompressedDecoder(new JpegFile());
    private byte[] hwc = {};
    private byte[] row = {};

    /** Of images of the model's size only. */
    public ImageDecoder(PixelShape target, DecodeLimits limits) {
        this(target, Resizing.NONE, limits);
    }

    public ImageDecoder(PixelShape target, Resizing resizing, DecodeLimits limits) {
        this.target = target;
        this.limits = limits;
        this.writer = new PixelWriter(target);
        this.whole = Placement.whole(target.width(), target.height());
        this.canvas = new Canvas(target, resizing);
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
        return switch (image.encoding()) {
            case RAW_U8, RAW_U8_CHW -> decodeRaw(image, into, at);
            case PNG -> decodeCompressed(png, image, into, at);
            case JPEG -> decodeCompressed(jpeg, image, into, at);
        };
    }

    private Placement decodeRaw(EncodedImage image, ByteBuffer into, int at) throws ImageRejectedException {
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
        boolean planes = image.encoding() == Encoding.RAW_U8_CHW && size.channels() > 1;
        if (isWhole(size)) {
            writer.write(planes ? interleaved(image.bytes(), size) : image.bytes(), size.channels(), into, at);
            return whole;
        }
        Placement placement = canvas.begin(new Header(size, Orientation.NORMAL));
        feed(planes ? interleaved(image.bytes(), size) : image.bytes(), size);
        writer.write(canvas.pixels(), canvas.channels(), into, at);
        return placement;
    }

    private boolean isWhole(ImageSize upright) {
        return upright.width() == target.width() && upright.height() == target.height();
    }

    private void feed(ByteBuffer pixels, ImageSize size) {
        int length = size.width() * size.channels();
        if (row.length < length) {
            row = new byte[length];
        }
        for (int y = 0; y < size.height(); y++) {
            pixels.get(pixels.position() + y * length, row, 0, length);
            canvas.row(row);
        }
    }

    /** Valid until the next call. */
    private ByteBuffer interleaved(ByteBuffer planes, ImageSize size) {
        makeRoom(size);
        int from = planes.position();
        for (int c = 0; c < size.channels(); c++) {
            for (int to = c; to < size.bytes(); to += size.channels()) {
                hwc[to] = planes.get(from++);
            }
        }
        return ByteBuffer.wrap(hwc, 0, size.bytes());
    }

    private void makeRoom(ImageSize size) {
        if (hwc.length < size.bytes()) {
            hwc = new byte[size.bytes()];
        }
    }

    private Placement decodeCompressed(CompressedDecoder decoder, EncodedImage image, ByteBuffer into, int at)
            throws ImageRejectedException {
        Header header = decoder.header(image.bytes());
        ImageSize size = header.size();
        limits.check(size);
        checkClaim("width", image.width(), size.width());
        checkClaim("height", image.height(), size.height());
        checkClaim("channels", image.channels(), size.channels());
        if (isWhole(size) && header.orientation() == Orientation.NORMAL) {
            makeRoom(size);
            decoder.decode(image.bytes(), size, new Whole(size));
            writer.write(ByteBuffer.wrap(hwc, 0, size.bytes()), size.channels(), into, at);
            return whole;
        }
        Placement placement = canvas.begin(header);
        decoder.decode(image.bytes(), size, canvas);
        writer.write(canvas.pixels(), canvas.channels(), into, at);
        return placement;
    }

    /** Keeps the rows of an image of the model's size as they come. */
    private final class Whole implements Rows {
        private final int length;
        private int at;

        Whole(ImageSize size) {
            length = size.width() * size.channels();
        }

        @Override
        public void row(byte[] row) {
            System.arraycopy(row, 0, hwc, at, length);
            at += length;
        }
    }

    private static void checkClaim(String what, int claimed, int actual) throws ImageRejectedException {
        if (claimed != 0 && claimed != actual) {
            throw new ImageRejectedException(
                    RejectionReason.SIZE_MISMATCH,
                    what + ": " + claimed + " (expected: " + actual + " as in the header, or 0)");
        }
    }
}

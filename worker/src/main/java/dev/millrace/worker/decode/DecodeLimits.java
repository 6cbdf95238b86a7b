package dev.millrace.worker.decode;

/**
 * What one image may cost.
 *
 * @param maxBytes encoded bytes
 * @param maxPixels width x height as its header says
 */
public record DecodeLimits(int maxBytes, long maxPixels) {

    /** 16 MiB encoded, 25 megapixels. */
    public static final DecodeLimits DEFAULT = new DecodeLimits(16 << 20, 25_000_000);

    /** @throws IllegalArgumentException if a limit is below 1, or maxBytes leaves no room to go beyond it */
    public DecodeLimits {
        if (maxBytes < 1 || maxBytes > 1 << 30) {
            throw new IllegalArgumentException("maxBytes: " + maxBytes + " (expected: 1 to " + (1 << 30) + ")");
        }
        if (maxPixels < 1) {
            throw new IllegalArgumentException("maxPixels: " + maxPixels + " (expected: at least 1)");
        }
    }

    void check(int bytes) throws ImageRejectedException {
        if (bytes > maxBytes) {
            throw new ImageRejectedException(
                    RejectionReason.TOO_LARGE, "bytes: " + bytes + " (expected: at most " + maxBytes + ")");
        }
    }

    void check(ImageSize size) throws ImageRejectedException {
        long pixels = (long) size.width() * size.height();
        if (pixels > maxPixels) {
            throw new ImageRejectedException(
                    RejectionReason.TOO_LARGE,
                    "pixels: " + size.width() + "x" + size.height() + " (expected: at most " + maxPixels + " pixels)");
        }
    }
}

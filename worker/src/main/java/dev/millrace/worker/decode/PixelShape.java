package dev.millrace.worker.decode;

/**
 * The uint8 pixels that a model takes, one image.
 *
 * @param height rows, at least 1
 * @param width columns, at least 1
 * @param channels 1 or 3, as the order says
 */
public record PixelShape(int height, int width, int channels, TensorLayout layout, ChannelOrder order) {

    /** @throws IllegalArgumentException if the numbers make no image, or more than 2 GiB of one */
    public PixelShape {
        if (height < 1 || width < 1 || (long) height * width * 3 > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "pixels: " + width + "x" + height + " (expected: at least 1x1, under 2 GiB)");
        }
        if (channels != order.channels()) {
            throw new IllegalArgumentException(
                    "channels: " + channels + " (expected: " + order.channels() + " for " + order + ")");
        }
    }

    /** Bytes of one image. */
    public int bytes() {
        return height * width * channels;
    }

    /** The shape of a tensor of {@code n} images; -1 for any number of them. */
    public long[] batch(int n) {
        return layout == TensorLayout.NCHW
                ? new long[] {n, channels, height, width}
                : new long[] {n, height, width, channels};
    }
}

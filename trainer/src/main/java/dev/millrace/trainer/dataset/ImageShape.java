package dev.millrace.trainer.dataset;

import dev.millrace.worker.decode.ChannelOrder;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.decode.TensorLayout;

/**
 * The size of an image in memory: {@code height x width x channels} bytes (HWC), row by row, channels interleaved, 0 to 255.
 *
 * @param channels 1 (grey) or 3 (RGB)
 */
public record ImageShape(int height, int width, int channels) {
    /**
     * Checks the size.
     *
     * @throws IllegalArgumentException for a size below 1 or a channel count other than 1 and 3
     */
    public ImageShape {
        if (height < 1 || width < 1 || (channels != 1 && channels != 3)) {
            throw new IllegalArgumentException(
                    "image shape: %dx%dx%d (expected: height and width from 1, 1 or 3 channels)"
                            .formatted(height, width, channels));
        }
    }

    /** What a model takes, whatever its layout and the order of its channels. */
    public static ImageShape of(PixelShape pixels) {
        return new ImageShape(pixels.height(), pixels.width(), pixels.channels());
    }

    /** What the decoder is to write, so that it is as images are here. */
    public PixelShape pixels() {
        return new PixelShape(
                height, width, channels, TensorLayout.NHWC, channels == 1 ? ChannelOrder.GREY : ChannelOrder.RGB);
    }

    /** Bytes of one image. */
    public int bytes() {
        return Math.multiplyExact(Math.multiplyExact(height, width), channels);
    }

    @Override
    public String toString() {
        return height + "x" + width + "x" + channels;
    }

    /** With height and width multiplied by {@code scale} and rounded, at least 1. */
    public ImageShape scaled(double scale) {
        return new ImageShape(scaled(height, scale), scaled(width, scale), channels);
    }

    private static int scaled(int side, double scale) {
        return (int) Math.max(1, Math.round(side * scale));
    }
}

package dev.millrace.worker.decode;

import java.nio.ByteBuffer;

/**
 * HWC pixels to a model's layout, channel count and order. Belongs to its decoder's thread.
 *
 * <p>Luma is ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B, in 16-bit fixed point, rounded to nearest.
 */
final class PixelWriter {

    private static final int LUMA_R = 19_595;
    private static final int LUMA_G = 38_470;
    private static final int LUMA_B = 7_471;

    private final PixelShape target;
    private final int pixels;
    /** The source pixels as an array, at most three channels. */
    private final byte[] hwc;

    private final byte[] out;

    PixelWriter(PixelShape target) {
        this.target = target;
        this.pixels = target.height() * target.width();
        this.hwc = new byte[pixels * 3];
        this.out = new byte[target.bytes()];
    }

    /** Writes height x width x channels bytes, from the source's position on, to {@code into} at {@code at}. */
    void write(ByteBuffer source, int channels, ByteBuffer into, int at) {
        if (isCopy(channels)) {
            into.put(at, source, source.position(), target.bytes());
            return;
        }
        source.get(source.position(), hwc, 0, pixels * channels);
        if (target.channels() == 1) {
            toGrey();
        } else {
            toColour(channels);
        }
        into.put(at, out);
    }

    private boolean isCopy(int channels) {
        return channels == target.channels()
                && (channels == 1 || (target.layout() == TensorLayout.NHWC && target.order() == ChannelOrder.RGB));
    }

    private void toGrey() {
        luma(hwc, out);
    }

    /** RGB to grey, as many pixels as {@code rgb} has and {@code grey} takes. */
    static void luma(byte[] rgb, byte[] grey) {
        int pixels = Math.min(rgb.length / 3, grey.length);
        for (int i = 0, p = 0; i < pixels; i++, p += 3) {
            int luma = LUMA_R * (rgb[p] & 0xFF) + LUMA_G * (rgb[p + 1] & 0xFF) + LUMA_B * (rgb[p + 2] & 0xFF);
            grey[i] = (byte) ((luma + 0x8000) >> 16);
        }
    }

    private void toColour(int channels) {
        boolean planar = target.layout() == TensorLayout.NCHW;
        for (int c = 0; c < 3; c++) {
            int from = channels == 1 ? 0 : target.order() == ChannelOrder.BGR ? 2 - c : c;
            int to = planar ? c * pixels : c;
            int step = planar ? 1 : 3;
            for (int i = 0, p = from; i < pixels; i++, p += channels, to += step) {
                out[to] = hwc[p];
            }
        }
    }
}

package dev.millrace.worker.decode;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Brings an image, as its rows come, to a model's size: turned upright, resampled, cropped or filled. Belongs to its decoder's thread;
 * buffers grow with the images that come, and are kept. Images of the model's size never come.
 */
final class Canvas implements Rows {
    private final PixelShape target;
    private final Resizing resizing;
    private final Resampler resampler = new Resampler();

    private Taps columns = new Taps(1, 1, 0, 1, Resizing.Filter.NEAREST);
    private Taps rows = columns;
    private Orientation orientation = Orientation.NORMAL;
    private Fitting fitting = new Fitting(1, 1, 0, 0);
    private byte[] luma = {};
    private byte[] hwc = {};
    private boolean toGrey;
    private int channels;
    private int lastX;
    private int lastY;

    Canvas(PixelShape target, Resizing resizing) {
        this.target = target;
        this.resizing = resizing;
    }

    /**
     * Takes the rows of such an image from now on.
     *
     * @throws ImageRejectedException WRONG_SIZE if it is not of the model's size and may not be resized
     */
    Placement begin(Header header) throws ImageRejectedException {
        ImageSize stored = header.size();
        orientation = header.orientation();
        fitting = Fitting.of(header.upright(), target, resizing.fit());
        toGrey = target.channels() == 1 && stored.channels() == 3;
        channels = toGrey ? 1 : stored.channels();
        if (toGrey && luma.length < stored.width()) {
            luma = new byte[stored.width()];
        }
        if (hwc.length < bytes()) {
            hwc = new byte[bytes()];
        }
        boolean transposed = orientation.transposed();
        int scaledU = transposed ? fitting.height() : fitting.width();
        int scaledV = transposed ? fitting.width() : fitting.height();
        int fromU = transposed ? firstY() : firstX();
        int toU = transposed ? endY() : endX();
        int fromV = transposed ? firstX() : firstY();
        int toV = transposed ? endX() : endY();
        columns = taps(columns, stored.width(), scaledU, fromU, toU, orientation.backwardsU());
        rows = taps(rows, stored.height(), scaledV, fromV, toV, orientation.backwardsV());
        lastX = endX() - 1;
        lastY = endY() - 1;
        resampler.begin(columns, rows, channels);
        return fitting.placement(header.upright());
    }

    /** Images of one size come one after the other: their taps are the same. */
    private Taps taps(Taps last, int from, int to, int begin, int end, boolean backwards) {
        int low = backwards ? to - end : begin;
        int high = backwards ? to - begin : end;
        return last.is(from, to, low, high) ? last : new Taps(from, to, low, high, resizing.filter());
    }

    /** Of the scaled image: the first column on the canvas. */
    private int firstX() {
        return Math.max(0, -fitting.left());
    }

    private int endX() {
        return Math.min(fitting.width(), target.width() - fitting.left());
    }

    private int firstY() {
        return Math.max(0, -fitting.top());
    }

    private int endY() {
        return Math.min(fitting.height(), target.height() - fitting.top());
    }

    @Override
    public void row(byte[] row) {
        if (toGrey) {
            PixelWriter.luma(row, luma);
            resampler.row(luma);
        } else {
            resampler.row(row);
        }
    }

    /** Of the image that {@link #pixels} gives: 1 or 3. */
    int channels() {
        return channels;
    }

    /** The canvas, height x width x channels, once all rows have come; valid until the next image begins. */
    ByteBuffer pixels() {
        if (fitting.width() < target.width() || fitting.height() < target.height()) {
            Arrays.fill(hwc, 0, bytes(), (byte) resizing.fill());
        }
        for (int y = firstY(); y <= lastY; y++) {
            int to = ((y + fitting.top()) * target.width() + firstX() + fitting.left()) * channels;
            for (int x = firstX(); x <= lastX; x++) {
                int from = sample(x - firstX(), y - firstY());
                for (int c = 0; c < channels; c++) {
                    hwc[to++] = resampler.value(from + c);
                }
            }
        }
        return ByteBuffer.wrap(hwc, 0, bytes());
    }

    private int bytes() {
        return target.height() * target.width() * channels;
    }

    /** Where an upright pixel is among those that were resampled as they are stored. */
    private int sample(int x, int y) {
        int u = orientation.transposed() ? y : x;
        int v = orientation.transposed() ? x : y;
        return resampler.sample(
                orientation.backwardsU() ? columns.size() - 1 - u : u,
                orientation.backwardsV() ? rows.size() - 1 - v : v);
    }
}

package dev.millrace.worker.decode;

import java.util.Arrays;

/**
 * Resamples an image as its rows come, columns first, so that no more of the image is kept than the rows of the result. Belongs to its
 * decoder's thread; buffers grow and are kept.
 */
final class Resampler implements Rows {
    private Taps columns = new Taps(1, 1, 0, 1, Resizing.Filter.NEAREST);
    private Taps rows = columns;
    private int channels;
    /** The next row that comes. */
    private int y;
    /** The first row of the result that is not whole yet. */
    private int open;

    private float[] narrowed = {};
    private float[] sums = {};

    void begin(Taps newColumns, Taps newRows, int newChannels) {
        columns = newColumns;
        rows = newRows;
        channels = newChannels;
        y = 0;
        open = 0;
        int row = columns.size() * channels;
        if (narrowed.length < row) {
            narrowed = new float[row];
        }
        int values = Math.multiplyExact(row, rows.size());
        if (sums.length < values) {
            sums = new float[values];
        }
        // To the nearest whole number, once cut off.
        Arrays.fill(sums, 0, values, 0.5f);
    }

    @Override
    public void row(byte[] hwc) {
        int row = y++;
        while (open < rows.size() && rows.first(open) + rows.weights(open).length <= row) {
            open++;
        }
        if (open == rows.size() || rows.first(open) > row) {
            return;
        }
        narrow(hwc);
        int length = columns.size() * channels;
        for (int r = open; r < rows.size() && rows.first(r) <= row; r++) {
            float weight = rows.weights(r)[row - rows.first(r)];
            for (int i = 0, at = r * length; i < length; i++, at++) {
                sums[at] += weight * narrowed[i];
            }
        }
    }

    private void narrow(byte[] hwc) {
        int out = 0;
        for (int x = 0; x < columns.size(); x++) {
            float[] weights = columns.weights(x);
            int first = columns.first(x) * channels;
            for (int c = 0; c < channels; c++) {
                float sum = 0;
                for (int tap = 0, in = first + c; tap < weights.length; tap++, in += channels) {
                    sum += weights[tap] * (hwc[in] & 0xFF);
                }
                narrowed[out++] = sum;
            }
        }
    }

    /** The first sample of a pixel of the result, those of its other channels follow. */
    int sample(int column, int row) {
        return (row * columns.size() + column) * channels;
    }

    /** A sample of the result, once all rows have come. */
    byte value(int sample) {
        // A cubic goes beyond black and white.
        return (byte) (int) Math.max(0, Math.min(255, sums[sample]));
    }
}

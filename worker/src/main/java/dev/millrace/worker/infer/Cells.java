package dev.millrace.worker.infer;

import dev.millrace.worker.decode.PixelShape;

/**
 * The cells that a canvas is divided into at each stride, in the order of outputs: stride by stride, row by row, and each
 * cell as often as boxes belong to it.
 */
final class Cells {

    private final float[] x;
    private final float[] y;
    private final float[] stride;
    private final int perCell;

    /**
     * Of an output's boxes.
     *
     * @param strides pixels of the canvas from cell to cell; what is left over at its edge has a cell, too
     * @throws IllegalArgumentException if there would be more than the output has boxes
     */
    Cells(PixelShape canvas, float[] strides, int perCell, Table table) {
        this.perCell = perCell;
        long all = 0;
        for (float each : strides) {
            if (each < 1) {
                throw HeadParameters.wrong("strides", each, "pixels, from 1");
            }
            all += (long) count(canvas.width(), each) * count(canvas.height(), each) * perCell;
        }
        if (all > table.places()) {
            throw tooFewOrMany(table, all);
        }
        x = new float[(int) all];
        y = new float[(int) all];
        stride = new float[(int) all];
        int place = 0;
        for (float each : strides) {
            int columns = count(canvas.width(), each);
            int end = place + columns * count(canvas.height(), each) * perCell;
            for (int first = place; place < end; place++) {
                int cell = (place - first) / perCell;
                int row = cell / columns;
                x[place] = cell - row * columns;
                y[place] = row;
                stride[place] = each;
            }
        }
    }

    static int count(int pixels, float stride) {
        return (int) Math.ceil(pixels / stride);
    }

    int places() {
        return x.length;
    }

    /** Column of the place's cell. */
    float x(int place) {
        return x[place];
    }

    /** Row of the place's cell. */
    float y(int place) {
        return y[place];
    }

    float stride(int place) {
        return stride[place];
    }

    /** Which of its cell's boxes it is. */
    int ofCell(int place) {
        return place % perCell;
    }

    /** @throws IllegalArgumentException if the output has not as many places */
    void require(Table table) {
        if (table.places() != places()) {
            throw tooFewOrMany(table, places());
        }
    }

    private static IllegalArgumentException tooFewOrMany(Table table, long expected) {
        return HeadParameters.wrong(
                "output", table + " of " + table.places() + " boxes", expected + ", by the strides");
    }
}

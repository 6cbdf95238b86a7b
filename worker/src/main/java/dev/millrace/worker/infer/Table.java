package dev.millrace.worker.infer;

import dev.millrace.worker.model.InferenceFailedException;
import dev.millrace.worker.model.ModelOutput;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * A model output as places, each with as many values as there are columns. Which axis holds the columns, the shape says: of
 * {@code [84, 8400]} and 84 columns it is the first, of {@code [3, 80, 80, 85]} and 85 the last; places are counted in
 * the order of the others. Of several such axes it is the last one, but for a feature map, {@code [80, 80, 80]}, the first.
 * Belongs to its head's thread.
 */
final class Table {

    private final String name;
    private final int output;
    private final int columns;
    private final float[] values;
    /** Values from a column to the next one: how many places lie side by side. */
    private final int step;

    private Table(String name, int output, int columns, int step, int values) {
        this.name = name;
        this.output = output;
        this.columns = columns;
        this.step = step;
        this.values = new float[values];
    }

    /**
     * The output of that name.
     *
     * @param places of which its columns may be joined in one axis, as in {@code [3 x 85, 80, 80]}: then these 3 count first
     * @throws IllegalArgumentException if there is none, or it has no such axis
     */
    static Table of(List<ModelOutput> outputs, String name, int columns, int places) {
        for (int i = 0; i < outputs.size(); i++) {
            ModelOutput output = outputs.get(i);
            if (output.tensor().equals(name)) {
                return new Table(name, i, columns, step(output, columns, places), output.values());
            }
        }
        throw HeadParameters.wrong(
                "output",
                name,
                "one of " + outputs.stream().map(ModelOutput::tensor).toList());
    }

    static Table of(List<ModelOutput> outputs, String name, int columns) {
        return of(outputs, name, columns, 1);
    }

    private static int step(ModelOutput output, int columns, int places) {
        List<Integer> shape = output.shape();
        int axis = shape.size() == 3 ? shape.indexOf(columns) : shape.lastIndexOf(columns);
        if (axis >= 0) {
            return shape.subList(axis + 1, shape.size()).stream().reduce(1, (a, b) -> a * b);
        }
        if (!shape.isEmpty() && shape.get(0) == places * columns) {
            return output.values() / shape.get(0);
        }
        throw HeadParameters.wrong(
                "output",
                output.tensor() + shape,
                "an axis of " + columns + " values for each box"
                        + (places == 1 ? "" : ", or of " + places + " x that"));
    }

    int places() {
        return values.length / columns;
    }

    /**
     * Takes an image's values.
     *
     * @throws InferenceFailedException if one is NaN or infinite
     */
    void read(List<FloatBuffer> outputs, int row) {
        outputs.get(output).get(row * values.length, values);
        // All bits of an exponent set: added to, they carry into the sign.
        int carried = 0;
        for (float value : values) {
            carried |= (Float.floatToRawIntBits(value) & 0x7F80_0000) + 0x0080_0000;
        }
        if (carried < 0) {
            throw notFinite();
        }
    }

    private InferenceFailedException notFinite() {
        int at = 0;
        while (Float.isFinite(values[at])) {
            at++;
        }
        return new InferenceFailedException(
                "output " + name + "[" + at + "]: " + values[at] + " (expected: a finite number)");
    }

    float get(int place, int column) {
        return values[first(place) + column * step];
    }

    private int first(int place) {
        return place / step * (columns * step) + place % step;
    }

    /**
     * The largest of some columns at every place; of equal ones the first.
     *
     * @param into one for each place
     * @param columnInto its column, counted from {@code from}
     */
    void largest(int from, int to, float[] into, int[] columnInto) {
        for (int place = 0; place < places(); place += step) {
            int at = first(place) + from * step;
            System.arraycopy(values, at, into, place, step);
            Arrays.fill(columnInto, place, place + step, 0);
            if (step == 1) {
                largestBeside(at, to - from, place, into, columnInto);
            } else {
                largestBelow(at, to - from, place, into, columnInto);
            }
        }
    }

    private void largestBeside(int at, int n, int place, float[] into, int[] columnInto) {
        float best = values[at];
        int column = 0;
        for (int c = 1; c < n; c++) {
            if (values[at + c] > best) {
                best = values[at + c];
                column = c;
            }
        }
        into[place] = best;
        columnInto[place] = column;
    }

    /** Column by column, as they lie in memory. */
    private void largestBelow(int at, int n, int place, float[] into, int[] columnInto) {
        for (int c = 1; c < n; c++) {
            int below = at + c * step;
            for (int i = 0; i < step; i++) {
                if (values[below + i] > into[place + i]) {
                    into[place + i] = values[below + i];
                    columnInto[place + i] = c;
                }
            }
        }
    }

    @Override
    public String toString() {
        return name;
    }
}

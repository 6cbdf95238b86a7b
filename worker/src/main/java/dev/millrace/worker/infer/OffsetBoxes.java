package dev.millrace.worker.infer;

import dev.millrace.worker.infer.ClassScores.Activation;
import dev.millrace.worker.infer.ClassScores.Columns;
import dev.millrace.worker.infer.ClassScores.Objectness;
import java.util.List;

/**
 * One box in each cell of every stride, in rows [x, y, width, height, objectness, classes...]: centre = (cell + offset) x stride, size = e^value
 * x stride. Ge et al., "YOLOX", 2021, as it is exported.
 */
final class OffsetBoxes implements BoxDecoding {

    private final Table table;
    private final Cells cells;

    private OffsetBoxes(Table table, Cells cells) {
        this.table = table;
        this.cells = cells;
        cells.require(table);
    }

    static List<Level> levels(Detector detector) {
        Columns columns = detector.columns(5);
        Table table = detector.table(detector.output("output"), 5 + columns.all());
        float[] strides = detector.parameters().numbers("strides", "8,16,32");
        return List.of(new Level(
                List.of(table),
                detector.scores(table, columns, new Objectness(table, 4, 1), Activation.NONE, 1),
                new OffsetBoxes(table, new Cells(detector.canvas(), strides, 1, table))));
    }

    @Override
    public void decode(int place, Corners into) {
        float stride = cells.stride(place);
        into.around(
                (cells.x(place) + table.get(place, 0)) * stride,
                (cells.y(place) + table.get(place, 1)) * stride,
                (float) Math.exp(table.get(place, 2)) * stride,
                (float) Math.exp(table.get(place, 3)) * stride);
    }
}

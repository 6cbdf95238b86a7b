package dev.millrace.worker.infer;

import dev.millrace.worker.infer.ClassScores.Activation;
import dev.millrace.worker.infer.ClassScores.Columns;
import dev.millrace.worker.infer.ClassScores.Objectness;
import java.util.List;

/**
 * One box in each cell, whose column is [objectness, x, y, width, height, classes...]: FastestDet's. Centre = (cell + tanh) / cells, size =
 * sigmoid, both in parts of the canvas.
 */
final class CellBoxes implements BoxDecoding {

    private final Table table;
    private final Cells cells;
    private final float canvasWidth;
    private final float canvasHeight;
    private final float columns;
    private final float rows;

    private CellBoxes(Detector detector, Table table) {
        this.table = table;
        float[] stride = {detector.parameters().number("stride", 16, 1, 4096)};
        this.cells = new Cells(detector.canvas(), stride, 1, table);
        this.canvasWidth = detector.canvas().width();
        this.canvasHeight = detector.canvas().height();
        this.columns = Cells.count(detector.canvas().width(), stride[0]);
        this.rows = Cells.count(detector.canvas().height(), stride[0]);
        cells.require(table);
    }

    static List<Level> levels(Detector detector) {
        Columns columns = detector.columns(5);
        Table table = detector.table(detector.output("output"), 5 + columns.all());
        float power = detector.parameters().number("objectness.power", 0.6f, 0.01f, 10);
        return List.of(new Level(
                List.of(table),
                detector.scores(
                        table,
                        columns,
                        new Objectness(table, 0, power),
                        Activation.NONE,
                        detector.parameters().number("class.power", 0.4f, 0.01f, 10)),
                new CellBoxes(detector, table)));
    }

    @Override
    public void decode(int place, Corners into) {
        double x = (cells.x(place) + Math.tanh(table.get(place, 1))) / columns;
        double y = (cells.y(place) + Math.tanh(table.get(place, 2))) / rows;
        into.around(
                (float) x * canvasWidth,
                (float) y * canvasHeight,
                ClassScores.sigmoid(table.get(place, 3)) * canvasWidth,
                ClassScores.sigmoid(table.get(place, 4)) * canvasHeight);
    }
}

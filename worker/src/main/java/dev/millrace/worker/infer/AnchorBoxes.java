package dev.millrace.worker.infer;

import dev.millrace.worker.infer.ClassScores.Activation;
import dev.millrace.worker.infer.ClassScores.Columns;
import dev.millrace.worker.infer.ClassScores.Objectness;
import java.util.ArrayList;
import java.util.List;

/**
 * The raw feature maps of a YOLO with anchors, an output for each stride, [anchors, rows, columns, 5 + classes] or
 * [anchors x (5 + classes), rows, columns]. {@code V3}: Redmon and Farhadi, "YOLOv3", 2018, section 2.1; {@code V5}: the
 * detection layer of YOLOv5 and v7.
 */
final class AnchorBoxes implements BoxDecoding {

    private final Table table;
    private final Cells cells;
    /** Width and height of each, one after the other. */
    private final float[] anchors;

    private final Formula formula;

    /** From values to offsets and sizes. */
    enum Formula {
        V3,
        V5
    }

    private AnchorBoxes(Table table, Cells cells, float[] anchors, Formula formula) {
        this.table = table;
        this.cells = cells;
        this.anchors = anchors;
        this.formula = formula;
        if (table.places() != cells.places() * anchors.length / 2) {
            throw HeadParameters.wrong(
                    "output",
                    table + " of " + table.places() + " boxes",
                    cells.places() * anchors.length / 2 + ", by its stride and anchors");
        }
    }

    static List<Level> levels(Detector detector) {
        HeadParameters parameters = detector.parameters();
        List<String> outputs = detector.outputs("outputs");
        float[] strides = parameters.numbers("strides", "8,16,32");
        List<float[]> anchors = parameters.groups("anchors", "10,13,16,30,33,23;..., a group for each stride");
        Formula formula = parameters.choice("formula", Formula.V5);
        Columns columns = detector.columns(5);
        if (outputs.size() != strides.length || anchors.size() != strides.length) {
            throw HeadParameters.wrong(
                    "strides", strides.length, outputs.size() + ", as many as outputs, and groups of anchors");
        }
        List<Level> levels = new ArrayList<>();
        for (int i = 0; i < strides.length; i++) {
            float[] pairs = anchors.get(i);
            if (pairs.length % 2 != 0) {
                throw HeadParameters.wrong("anchors", pairs.length + " numbers", "pairs of width and height");
            }
            Table table = detector.table(outputs.get(i), 5 + columns.all(), pairs.length / 2);
            Cells cells = new Cells(detector.canvas(), new float[] {strides[i]}, 1, table);
            levels.add(new Level(
                    List.of(table),
                    detector.scores(table, columns, new Objectness(table, 4, 1), Activation.SIGMOID, 1),
                    new AnchorBoxes(table, cells, pairs, formula)));
        }
        return levels;
    }

    @Override
    public void decode(int place, Corners into) {
        int cell = place % cells.places();
        int anchor = place / cells.places();
        float x = ClassScores.sigmoid(table.get(place, 0));
        float y = ClassScores.sigmoid(table.get(place, 1));
        float width = factor(table.get(place, 2)) * anchors[2 * anchor];
        float height = factor(table.get(place, 3)) * anchors[2 * anchor + 1];
        float stride = cells.stride(cell);
        if (formula == Formula.V5) {
            x = 2 * x - 0.5f;
            y = 2 * y - 0.5f;
        }
        into.around((cells.x(cell) + x) * stride, (cells.y(cell) + y) * stride, width, height);
    }

    private float factor(float value) {
        if (formula == Formula.V3) {
            return (float) Math.exp(value);
        }
        float twice = 2 * ClassScores.sigmoid(value);
        return twice * twice;
    }
}

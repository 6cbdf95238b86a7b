package dev.millrace.worker.infer;

import dev.millrace.worker.infer.ClassScores.Activation;
import dev.millrace.worker.infer.ClassScores.Columns;
import dev.millrace.worker.infer.ClassScores.Objectness;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Distances from a cell's point to the left, top, right and bottom of its box: Tian et al., "FCOS", 2019. With bins, each
 * distance is the mean of a softmax over 0, 1, ... bins - 1: Li et al., "Generalized Focal Loss", 2020, section 3.
 *
 * <p>Scores and boxes are outputs apart or columns of one (classes first, as NanoDet has them), and each of them is one output for all
 * strides, one after the other, or one for each.
 */
final class DistanceBoxes implements BoxDecoding {

    private final Table table;
    private final int first;
    private final int bins;
    private final Cells cells;
    private final float point;
    private final boolean inStrides;

    /** What a distance is counted in. */
    enum Unit {
        STRIDE,
        PIXELS
    }

    /** @param first column of the distances */
    private DistanceBoxes(Detector detector, Table table, int first, int bins, Cells cells) {
        this.table = table;
        this.first = first;
        this.bins = bins;
        this.cells = cells;
        this.point = detector.parameters().number("point", 0.5f, 0, 1);
        this.inStrides = detector.parameters().choice("unit", Unit.STRIDE) == Unit.STRIDE;
        cells.require(table);
    }

    static List<Level> levels(Detector detector) {
        HeadParameters parameters = detector.parameters();
        float[] strides = parameters.numbers("strides", "8,16,32");
        List<String> scores = detector.outputs("scores");
        List<String> boxes = detector.outputs("boxes");
        List<String> objectness = parameters.has("objectness") ? detector.outputs("objectness") : List.of();
        boolean together = scores.size() == 1;
        boolean paired = boxes.size() == scores.size() && (objectness.isEmpty() || objectness.size() == scores.size());
        if (!paired || (!together && scores.size() != strides.length)) {
            throw HeadParameters.wrong("scores", scores, "one output or one for each stride, and as many boxes");
        }
        List<Level> levels = new ArrayList<>();
        for (int i = 0; i < scores.size(); i++) {
            float[] own = together ? strides : new float[] {strides[i]};
            String object = objectness.isEmpty() ? null : objectness.get(i);
            levels.add(level(detector, scores.get(i), boxes.get(i), object, own));
        }
        return levels;
    }

    private static Level level(
            Detector detector, String scores, String boxes, @Nullable String objectness, float[] strides) {
        HeadParameters parameters = detector.parameters();
        int bins = parameters.whole("bins", 1, 1, 256);
        float power = parameters.number("objectness.power", 1, 0.01f, 10);
        float classPower = parameters.number("class.power", 1, 0.01f, 10);
        Columns columns = detector.columns(0);
        boolean joined = scores.equals(boxes);
        Table classTable = detector.table(scores, columns.all() + (joined ? 4 * bins : 0));
        Table boxTable = joined ? classTable : detector.table(boxes, 4 * bins);
        int perCell = parameters.whole("boxes.per-cell", 1, 1, 100);
        Cells cells = new Cells(detector.canvas(), strides, perCell, classTable);
        cells.require(classTable);
        List<Table> tables = new ArrayList<>(joined ? List.of(classTable) : List.of(classTable, boxTable));
        Objectness object = null;
        if (objectness != null) {
            Table objectTable = detector.table(objectness, 1);
            cells.require(objectTable);
            tables.add(objectTable);
            object = new Objectness(objectTable, 0, power);
        }
        return new Level(
                tables,
                detector.scores(classTable, columns, object, Activation.NONE, classPower),
                new DistanceBoxes(detector, boxTable, joined ? columns.all() : 0, bins, cells));
    }

    @Override
    public void decode(int place, Corners into) {
        float stride = cells.stride(place);
        float unit = inStrides ? stride : 1;
        float x = (cells.x(place) + point) * stride;
        float y = (cells.y(place) + point) * stride;
        into.set(
                x - distance(place, 0) * unit,
                y - distance(place, 1) * unit,
                x + distance(place, 2) * unit,
                y + distance(place, 3) * unit);
    }

    private float distance(int place, int side) {
        int from = first + side * bins;
        if (bins == 1) {
            return table.get(place, from);
        }
        float most = table.get(place, from);
        for (int bin = 1; bin < bins; bin++) {
            most = Math.max(most, table.get(place, from + bin));
        }
        double sum = 0;
        double mean = 0;
        for (int bin = 0; bin < bins; bin++) {
            double weight = Math.exp((double) table.get(place, from + bin) - most);
            sum += weight;
            mean += bin * weight;
        }
        return (float) (mean / sum);
    }
}

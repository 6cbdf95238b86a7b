package dev.millrace.worker.infer;

import dev.millrace.worker.infer.ClassScores.Activation;
import dev.millrace.worker.infer.ClassScores.Columns;
import dev.millrace.worker.infer.ClassScores.Objectness;
import java.util.List;

/** Boxes that the graph has decoded itself: four values each, in pixels of the canvas or in parts of it. */
final class DecodedBoxes implements BoxDecoding {

    private static final int BOX = 4;

    private final Table table;
    private final Format format;
    private final float scaleX;
    private final float scaleY;

    /** What the four values are. */
    enum Format {
        /** Left, top, right, bottom. */
        CORNERS,
        /** Top, left, bottom, right. */
        CORNERS_YX,
        /** Centre, width and height. */
        CENTRE
    }

    /** What one is. */
    enum Unit {
        PIXELS,
        /** The canvas's width or height. */
        CANVAS
    }

    private DecodedBoxes(Detector detector, Table table, Format otherwise) {
        this.table = table;
        this.format = detector.parameters().choice("format", otherwise);
        boolean pixels = detector.parameters().choice("unit", Unit.PIXELS) == Unit.PIXELS;
        this.scaleX = pixels ? 1 : detector.canvas().width();
        this.scaleY = pixels ? 1 : detector.canvas().height();
    }

    /** An output {@code scores} of a value for each class, and an output {@code boxes}. */
    static List<Level> apart(Detector detector) {
        Columns columns = detector.columns(0);
        Table scores = detector.table(detector.output("scores"), columns.all());
        Table boxes = detector.table(detector.output("boxes"), BOX);
        if (scores.places() != boxes.places()) {
            throw HeadParameters.wrong(
                    "output", scores + " of " + scores.places() + " boxes", boxes.places() + ", as " + boxes + " has");
        }
        return List.of(new Level(
                List.of(scores, boxes),
                detector.scores(scores, columns, Activation.NONE),
                new DecodedBoxes(detector, boxes, Format.CORNERS)));
    }

    /** Box, objectness and classes in one row: YOLOv5, v6 and v7 as they are exported. */
    static List<Level> withObjectness(Detector detector) {
        Columns columns = detector.columns(BOX + 1);
        Table table = detector.table(detector.output("output"), BOX + 1 + columns.all());
        Objectness objectness = new Objectness(table, BOX, 1);
        return List.of(new Level(
                List.of(table),
                detector.scores(table, columns, objectness, Activation.NONE, 1),
                new DecodedBoxes(detector, table, Format.CENTRE)));
    }

    /** Box and classes: YOLOv8, v9, v11 and v12 as they are exported. */
    static List<Level> withoutObjectness(Detector detector) {
        Columns columns = detector.columns(BOX);
        Table table = detector.table(detector.output("output"), BOX + columns.all());
        return List.of(new Level(
                List.of(table),
                detector.scores(table, columns, Activation.NONE),
                new DecodedBoxes(detector, table, Format.CENTRE)));
    }

    /** Box, score and class: graphs that end in a choice of boxes, such as YOLOv10. */
    static List<Level> listed(Detector detector) {
        Table table = detector.table(detector.output("output"), BOX + 2);
        return List.of(new Level(
                List.of(table),
                new ListedScores(table, BOX, detector.classes()),
                new DecodedBoxes(detector, table, Format.CORNERS)));
    }

    @Override
    public void decode(int place, Corners into) {
        float a = table.get(place, 0);
        float b = table.get(place, 1);
        float c = table.get(place, 2);
        float d = table.get(place, 3);
        switch (format) {
            case CORNERS -> into.set(a * scaleX, b * scaleY, c * scaleX, d * scaleY);
            case CORNERS_YX -> into.set(b * scaleX, a * scaleY, d * scaleX, c * scaleY);
            case CENTRE -> into.around(a * scaleX, b * scaleY, c * scaleX, d * scaleY);
        }
    }
}

package dev.millrace.worker.infer;

import java.nio.FloatBuffer;
import java.util.List;

/** Outputs that belong together: one scale of a detector, or all that it has. */
record Level(List<Table> tables, Scores scores, BoxDecoding boxes) {

    Level {
        tables = List.copyOf(tables);
    }

    void read(List<FloatBuffer> outputs, int row) {
        for (Table table : tables) {
            table.read(outputs, row);
        }
        scores.rank();
    }
}

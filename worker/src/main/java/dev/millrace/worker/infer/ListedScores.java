package dev.millrace.worker.infer;

import dev.millrace.worker.model.InferenceFailedException;

/** A score and the number of its class in a column each, as graphs list them that choose boxes themselves. */
final class ListedScores implements Scores {

    private final Table table;
    private final int scoreColumn;
    private final int classes;

    ListedScores(Table table, int scoreColumn, int classes) {
        this.table = table;
        this.scoreColumn = scoreColumn;
        this.classes = classes;
    }

    @Override
    public int places() {
        return table.places();
    }

    @Override
    public void rank() {
        // Nothing to compare.
    }

    @Override
    public float score(int place) {
        return table.get(place, scoreColumn);
    }

    @Override
    public int index(int place) {
        int index = Math.round(table.get(place, scoreColumn + 1));
        if (index < 0 || index >= classes) {
            throw new InferenceFailedException("class of box " + place + " of " + table + ": " + index
                    + " (expected: 0 to " + (classes - 1) + ")");
        }
        return index;
    }
}

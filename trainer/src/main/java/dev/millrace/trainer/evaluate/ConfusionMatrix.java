package dev.millrace.trainer.evaluate;

import java.util.ArrayList;
import java.util.List;

/** Counts true label against answered label. */
final class ConfusionMatrix {
    private final List<String> labels;
    private final int[][] counts;

    ConfusionMatrix(List<String> labels) {
        this.labels = labels;
        this.counts = new int[labels.size()][labels.size()];
    }

    void add(int truth, int answer) {
        counts[truth][answer]++;
    }

    List<ClassReport> classes() {
        List<ClassReport> reports = new ArrayList<>();
        for (int c = 0; c < labels.size(); c++) {
            int truly = 0;
            int answered = 0;
            for (int other = 0; other < labels.size(); other++) {
                truly += counts[c][other];
                answered += counts[other][c];
            }
            reports.add(
                    new ClassReport(labels.get(c), truly, share(counts[c][c], answered), share(counts[c][c], truly)));
        }
        return reports;
    }

    private static double share(int part, int whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }
}

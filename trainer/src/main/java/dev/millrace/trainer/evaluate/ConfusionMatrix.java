package dev.millrace.trainer.evaluate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Counts true label against answered label. Whoever fills it owns it; afterwards it never changes. */
public final class ConfusionMatrix {
    private final List<String> labels;
    private final int[][] counts;

    /** Of no images yet. */
    public ConfusionMatrix(List<String> labels) {
        this.labels = List.copyOf(labels);
        this.counts = new int[labels.size()][labels.size()];
    }

    /** Counts one image. */
    public void add(int truth, int answer) {
        counts[truth][answer]++;
    }

    /** Class names by index. */
    public List<String> labels() {
        return labels;
    }

    /** Images of class {@code truth} that were answered with class {@code answer}. */
    public int count(int truth, int answer) {
        return counts[truth][answer];
    }

    /** All images. */
    public int images() {
        return IntStream.range(0, labels.size()).map(this::images).sum();
    }

    /** Share of the images whose answer is right, 0 to 1. */
    public double top1() {
        return (double) IntStream.range(0, labels.size()).map(c -> counts[c][c]).sum() / images();
    }

    /** Images of a class. */
    public int images(int truth) {
        int sum = 0;
        for (int count : counts[truth]) {
            sum += count;
        }
        return sum;
    }

    /** Pairs of different classes, most images first, then by index; only those that were confused, {@code n} at most. */
    public List<ConfusedPair> mostConfused(int n) {
        List<ConfusedPair> pairs = new ArrayList<>();
        for (int truth = 0; truth < labels.size(); truth++) {
            int images = images(truth);
            for (int answer = 0; answer < labels.size(); answer++) {
                int count = counts[truth][answer];
                if (truth != answer && count > 0) {
                    pairs.add(new ConfusedPair(labels.get(truth), labels.get(answer), count, (double) count / images));
                }
            }
        }
        pairs.sort(Comparator.comparingInt(ConfusedPair::images).reversed());
        return List.copyOf(pairs.subList(0, Math.min(n, pairs.size())));
    }

    List<ClassReport> classes(double beta) {
        List<ClassReport> reports = new ArrayList<>();
        for (int c = 0; c < labels.size(); c++) {
            int truly = images(c);
            int answered = 0;
            for (int[] ofTruth : counts) {
                answered += ofTruth[c];
            }
            int right = counts[c][c];
            reports.add(new ClassReport(
                    labels.get(c),
                    truly,
                    share(right, answered),
                    share(right, truly),
                    FBeta.of(beta, right, truly - right, answered - right)));
        }
        return reports;
    }

    private static double share(int part, int whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }
}

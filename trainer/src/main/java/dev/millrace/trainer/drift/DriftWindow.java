package dev.millrace.trainer.drift;

/** The last answers of one model version, oldest out first. One thread at a time. */
public final class DriftWindow {
    private final int[] classes;
    private final float[] scores;
    private final long[] counts;
    private long seen;

    /**
     * A window with nothing in it.
     *
     * @param classes of the model, at least 1
     * @param answers that it holds, at least 1
     */
    public DriftWindow(int classes, int answers) {
        this.classes = new int[answers];
        this.scores = new float[answers];
        this.counts = new long[classes];
    }

    /**
     * Takes an answer; one that the model cannot have given is passed over.
     *
     * @param best class index of the best label
     * @param score of it, 0 to 1
     */
    public void add(int best, float score) {
        if (best < 0 || best >= counts.length || !(score >= 0 && score <= 1)) {
            return;
        }
        int at = (int) (seen % classes.length);
        if (isFull()) {
            counts[classes[at]]--;
        }
        classes[at] = best;
        scores[at] = score;
        counts[best]++;
        seen++;
    }

    /** Answers in it. */
    public int size() {
        return (int) Math.min(seen, classes.length);
    }

    boolean isFull() {
        return seen >= classes.length;
    }

    long[] counts() {
        return counts.clone();
    }

    /** Mean score; 0 of no answers. Summed anew each time: a running sum would gather rounding errors for ever. */
    double confidence() {
        double sum = 0;
        for (int i = 0; i < size(); i++) {
            sum += scores[i];
        }
        return sum / Math.max(1, size());
    }
}

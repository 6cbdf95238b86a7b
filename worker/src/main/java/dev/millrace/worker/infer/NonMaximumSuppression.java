package dev.millrace.worker.infer;

import java.util.Arrays;

/**
 * Greedy: the best box stays, those that overlap it by more than the threshold go, and so on with the best of the rest.
 * Felzenszwalb et al., "Object Detection with Discriminatively Trained Part-Based Models", 2010; the overlap is intersection
 * over union, as in Everingham et al., "The PASCAL Visual Object Classes Challenge", 2010. Quadratic in the boxes it looks
 * at, which are the {@code most} best ones. Belongs to its head's thread.
 */
final class NonMaximumSuppression {

    private final Among among;
    private final float threshold;
    private final int most;
    /** Candidates by score: its bits upside down, then its number. */
    private long[] order = {};

    private int[] kept = {};
    private int size;

    /** Which boxes go because of which. */
    enum Among {
        /** Those of the same class. */
        CLASS,
        ALL,
        /** None: the graph has chosen already. */
        NONE
    }

    NonMaximumSuppression(Among among, float threshold, int most) {
        this.among = among;
        this.threshold = threshold;
        this.most = most;
    }

    /** Chooses; {@link #size} and {@link #kept} say what stays, the best first, of equal scores the first one. */
    void choose(Candidates candidates) {
        int all = candidates.size();
        if (order.length < all) {
            order = new long[all];
            kept = new int[Math.min(all, most)];
        }
        for (int i = 0; i < all; i++) {
            // Bits of positive floats are in the order of the floats.
            order[i] = ((long) ~Float.floatToRawIntBits(candidates.score(i)) << Integer.SIZE) | i;
        }
        Arrays.sort(order, 0, all);
        size = 0;
        for (int rank = 0; rank < Math.min(all, most); rank++) {
            int candidate = (int) order[rank];
            if (among == Among.NONE || stays(candidates, candidate)) {
                kept[size++] = candidate;
            }
        }
    }

    private boolean stays(Candidates candidates, int candidate) {
        for (int i = 0; i < size; i++) {
            boolean rival = among == Among.ALL || candidates.index(kept[i]) == candidates.index(candidate);
            if (rival && candidates.overlap(kept[i], candidate) > threshold) {
                return false;
            }
        }
        return true;
    }

    int size() {
        return size;
    }

    int kept(int rank) {
        return kept[rank];
    }
}

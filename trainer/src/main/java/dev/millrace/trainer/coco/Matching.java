package dev.millrace.trainer.coco;

import dev.millrace.worker.infer.DetectedBox;
import java.util.Comparator;
import java.util.List;

/**
 * Which found boxes of one class are objects of one picture. Greedy, as the COCO evaluation has it: the best score chooses first, and
 * takes of the objects that are left the one that it overlaps most, if by the threshold at least; of several alike, the last. Objects that
 * do not count (crowds, other sizes) are taken only where no other is; what takes one does not count either, nor does a box without an
 * object whose own size is another. A crowd may be taken any number of times. Immutable.
 */
final class Matching {
    /** An overlap of 1 that rounding made smaller is one. */
    private static final double WHOLE = 1 - 1e-10;

    private final List<DetectedBox> found;
    private final List<TrueBox> truths;
    private final double[][] overlaps;

    /**
     * @param found of one class in one picture
     * @param truths of the same
     * @param most of the best scores so many are looked at
     */
    Matching(List<DetectedBox> found, List<TrueBox> truths, int most) {
        this.found = found.stream()
                .sorted(Comparator.comparingDouble(DetectedBox::score).reversed())
                .limit(most)
                .toList();
        this.truths = List.copyOf(truths);
        this.overlaps = new double[this.found.size()][truths.size()];
        for (int box = 0; box < overlaps.length; box++) {
            for (int truth = 0; truth < truths.size(); truth++) {
                overlaps[box][truth] = truths.get(truth).overlap(this.found.get(box));
            }
        }
    }

    /** Best score first; equal ones in the order they were given. */
    List<DetectedBox> found() {
        return found;
    }

    /** What a found box is. */
    enum Verdict {
        RIGHT,
        WRONG,
        DOES_NOT_COUNT
    }

    /** Objects of that size, without crowds. */
    int objects(AreaRange size) {
        return (int) truths.stream().filter(truth -> counts(truth, size)).count();
    }

    /** Of each found box. */
    Verdict[] verdicts(double threshold, AreaRange size) {
        boolean[] taken = new boolean[truths.size()];
        Verdict[] verdicts = new Verdict[found.size()];
        for (int box = 0; box < verdicts.length; box++) {
            int match = best(box, threshold, size, taken, true);
            if (match < 0) {
                match = best(box, threshold, size, taken, false);
            }
            if (match >= 0) {
                taken[match] = true;
                verdicts[box] = counts(truths.get(match), size) ? Verdict.RIGHT : Verdict.DOES_NOT_COUNT;
            } else {
                DetectedBox alone = found.get(box);
                verdicts[box] =
                        size.contains((double) alone.width() * alone.height()) ? Verdict.WRONG : Verdict.DOES_NOT_COUNT;
            }
        }
        return verdicts;
    }

    /** Among those that count, or those that do not; -1: none. */
    private int best(int box, double threshold, AreaRange size, boolean[] taken, boolean counting) {
        double least = Math.min(threshold, WHOLE);
        int best = -1;
        for (int truth = 0; truth < taken.length; truth++) {
            TrueBox object = truths.get(truth);
            boolean free = !taken[truth] || object.crowd();
            if (free && counts(object, size) == counting && overlaps[box][truth] >= least) {
                least = overlaps[box][truth];
                best = truth;
            }
        }
        return best;
    }

    private static boolean counts(TrueBox truth, AreaRange size) {
        return !truth.crowd() && size.contains(truth.area());
    }
}

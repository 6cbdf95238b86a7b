package dev.millrace.trainer.coco;

import dev.millrace.worker.infer.DetectedBox;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/** What was found of one class in all pictures so far. Belongs to a {@link CocoEvaluation}. */
final class CategoryTally {
    /** 0.5, 0.55 to 0.95, in the very numbers that NumPy's linspace gives the COCO evaluation. */
    static final double[] OVERLAPS = linspace(0.5, 0.95, 10);

    private static final double[] RECALLS = linspace(0, 1, 101);
    private final Map<AreaRange, Judged> bySize = new EnumMap<>(AreaRange.class);
    private int size;
    private float[] scores = new float[16];
    /** Among the boxes of its picture, from 0. */
    private int[] ranks = new int[16];

    CategoryTally() {
        for (AreaRange range : AreaRange.values()) {
            bySize.put(range, new Judged());
        }
    }

    void add(List<TrueBox> truths, List<DetectedBox> found) {
        Matching matching = new Matching(found, truths, CocoEvaluation.MOST_BOXES);
        List<DetectedBox> best = matching.found();
        if (size + best.size() > scores.length) {
            int room = Math.max(size + best.size(), 2 * scores.length);
            scores = Arrays.copyOf(scores, room);
            ranks = Arrays.copyOf(ranks, room);
        }
        for (int box = 0; box < best.size(); box++) {
            scores[size + box] = best.get(box).score();
            ranks[size + box] = box;
        }
        bySize.forEach((range, judged) -> judged.add(matching, range, size, scores.length));
        size += best.size();
    }

    int objects(AreaRange range) {
        return of(range).objects;
    }

    private Judged of(AreaRange range) {
        return Objects.requireNonNull(bySize.get(range));
    }

    /**
     * Mean, over 101 recalls from 0 to 1, of the best precision at that recall or a higher one (0 where it is not reached); for each of
     * {@link #OVERLAPS}. Only where there are objects.
     */
    double[] averagePrecisions(AreaRange range) {
        int[] order = IntStream.range(0, size)
                .boxed()
                .sorted(Comparator.comparingDouble(box -> -scores[box]))
                .mapToInt(Integer::intValue)
                .toArray();
        return IntStream.range(0, OVERLAPS.length)
                .mapToDouble(overlap -> averagePrecision(order, of(range), 1 << overlap))
                .toArray();
    }

    private double averagePrecision(int[] order, Judged judged, int bit) {
        double[] precision = new double[order.length];
        int[] found = new int[order.length];
        int hits = 0;
        int faults = 0;
        for (int i = 0; i < order.length; i++) {
            hits += (judged.right[order[i]] & bit) == 0 ? 0 : 1;
            faults += (judged.wrong[order[i]] & bit) == 0 ? 0 : 1;
            found[i] = hits;
            precision[i] = hits + faults == 0 ? 0 : (double) hits / (hits + faults);
        }
        for (int i = order.length - 2; i >= 0; i--) {
            precision[i] = Math.max(precision[i], precision[i + 1]);
        }
        double sum = 0;
        int at = 0;
        for (double recall : RECALLS) {
            while (at < found.length && (double) found[at] / judged.objects < recall) {
                at++;
            }
            sum += at < found.length ? precision[at] : 0;
        }
        return sum / RECALLS.length;
    }

    /**
     * Share of the objects found among the {@code most} best boxes of each picture, mean over {@link #OVERLAPS}. Only where there are
     * objects.
     */
    double averageRecall(AreaRange range, int most) {
        Judged judged = of(range);
        long hits = 0;
        for (int overlap = 0; overlap < OVERLAPS.length; overlap++) {
            int bit = 1 << overlap;
            hits += IntStream.range(0, size)
                    .filter(box -> ranks[box] < most && (judged.right[box] & bit) != 0)
                    .count();
        }
        return (double) hits / judged.objects / OVERLAPS.length;
    }

    private static double[] linspace(double first, double last, int count) {
        double step = (last - first) / (count - 1);
        double[] values = new double[count];
        Arrays.setAll(values, i -> i == count - 1 ? last : i * step + first);
        return values;
    }

    /** The same boxes, judged by the objects of one size: a bit of each for each of {@link #OVERLAPS}. */
    private static final class Judged {
        private int objects;
        private int[] right = {};
        private int[] wrong = {};

        void add(Matching matching, AreaRange range, int from, int room) {
            objects += matching.objects(range);
            right = right.length < room ? Arrays.copyOf(right, room) : right;
            wrong = wrong.length < room ? Arrays.copyOf(wrong, room) : wrong;
            for (int overlap = 0; overlap < OVERLAPS.length; overlap++) {
                Matching.Verdict[] verdicts = matching.verdicts(OVERLAPS[overlap], range);
                for (int box = 0; box < verdicts.length; box++) {
                    right[from + box] |= verdicts[box] == Matching.Verdict.RIGHT ? 1 << overlap : 0;
                    wrong[from + box] |= verdicts[box] == Matching.Verdict.WRONG ? 1 << overlap : 0;
                }
            }
        }
    }
}

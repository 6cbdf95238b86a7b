package dev.millrace.trainer.coco;

import dev.millrace.worker.infer.DetectedBox;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Average precision and recall of boxes, as the COCO evaluation computes them (Lin et al., Microsoft COCO: Common Objects in Context,
 * 2014; cocodataset.org, Detection Evaluation): boxes are matched greedily by score at the overlaps 0.5, 0.55 to 0.95, crowds are
 * ignored, precision is interpolated at 101 recalls. It asks for boxes of low scores, too: those that are cut off are recall that is never
 * reached. Whoever fills it owns it.
 */
public final class CocoEvaluation {
    /** Of a class in one picture; what is more, with lower scores, is not looked at. */
    public static final int MOST_BOXES = 100;

    private static final int AT_HALF = 0;
    private static final int AT_THREE_QUARTERS = 5;

    private final List<CategoryTally> tallies;

    /** Of no pictures yet. */
    public CocoEvaluation(int categories) {
        tallies = Stream.generate(CategoryTally::new).limit(categories).toList();
    }

    /**
     * Adds a picture.
     *
     * @param truths of categories from 0 to those of the constructor
     * @param found with the categories as indices
     */
    public void add(List<TrueBox> truths, List<DetectedBox> found) {
        ByCategory picture = new ByCategory(tallies.size(), truths, found);
        for (int category = 0; category < tallies.size(); category++) {
            tallies.get(category).add(picture.truths(category), picture.found(category));
        }
    }

    /** Of the pictures so far. */
    public CocoFigures figures() {
        List<double[]> all = averagePrecisions(AreaRange.ALL);
        return new CocoFigures(
                mean(all, CocoEvaluation::mean),
                mean(all, byOverlap -> byOverlap[AT_HALF]),
                mean(all, byOverlap -> byOverlap[AT_THREE_QUARTERS]),
                mean(averagePrecisions(AreaRange.SMALL), CocoEvaluation::mean),
                mean(averagePrecisions(AreaRange.MEDIUM), CocoEvaluation::mean),
                mean(averagePrecisions(AreaRange.LARGE), CocoEvaluation::mean),
                recall(AreaRange.ALL, 1),
                recall(AreaRange.ALL, 10),
                recall(AreaRange.ALL, MOST_BOXES),
                recall(AreaRange.SMALL, MOST_BOXES),
                recall(AreaRange.MEDIUM, MOST_BOXES),
                recall(AreaRange.LARGE, MOST_BOXES));
    }

    /** Average precision of one class, mean over the overlaps; null where it has no objects. */
    public @Nullable Double ap(int category) {
        CategoryTally tally = tallies.get(category);
        return tally.objects(AreaRange.ALL) == 0 ? null : mean(tally.averagePrecisions(AreaRange.ALL));
    }

    /** Average precision of one class at the overlap 0.5; null where it has no objects. */
    public @Nullable Double ap50(int category) {
        CategoryTally tally = tallies.get(category);
        return tally.objects(AreaRange.ALL) == 0 ? null : tally.averagePrecisions(AreaRange.ALL)[AT_HALF];
    }

    private List<double[]> averagePrecisions(AreaRange range) {
        List<double[]> all = new ArrayList<>();
        for (CategoryTally tally : tallies) {
            if (tally.objects(range) > 0) {
                all.add(tally.averagePrecisions(range));
            }
        }
        return all;
    }

    private @Nullable Double recall(AreaRange range, int most) {
        return orNull(tallies.stream()
                .filter(tally -> tally.objects(range) > 0)
                .mapToDouble(tally -> tally.averageRecall(range, most))
                .average());
    }

    private static @Nullable Double mean(List<double[]> classes, ToDoubleFunction<double[]> figure) {
        return orNull(classes.stream().mapToDouble(figure).average());
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(0);
    }

    private static @Nullable Double orNull(OptionalDouble value) {
        return value.isPresent() ? value.getAsDouble() : null;
    }
}

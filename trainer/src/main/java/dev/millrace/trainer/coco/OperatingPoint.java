package dev.millrace.trainer.coco;

import dev.millrace.worker.infer.DetectedBox;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A detector at its own threshold: all that it answers against what is there, at the overlap 0.5, matched as for {@link CocoEvaluation}.
 * Whoever fills it owns it.
 */
public final class OperatingPoint {
    private static final double OVERLAP = 0.5;
    private static final Hits NONE = new Hits(0, 0, 0);

    private final List<Map<AreaRange, Hits>> byCategory;

    /** Of no pictures yet. */
    public OperatingPoint(int categories) {
        byCategory = Stream.generate(OperatingPoint::none).limit(categories).toList();
    }

    private static Map<AreaRange, Hits> none() {
        Map<AreaRange, Hits> none = new EnumMap<>(AreaRange.class);
        for (AreaRange size : AreaRange.values()) {
            none.put(size, NONE);
        }
        return none;
    }

    /** Adds a picture, see {@link CocoEvaluation#add}. */
    public void add(List<TrueBox> truths, List<DetectedBox> found) {
        ByCategory picture = new ByCategory(byCategory.size(), truths, found);
        for (int category = 0; category < byCategory.size(); category++) {
            Matching matching =
                    new Matching(picture.found(category), picture.truths(category), /* most= */ Integer.MAX_VALUE);
            byCategory.get(category).replaceAll((size, hits) -> hits.plus(hits(matching, size)));
        }
    }

    private static Hits hits(Matching matching, AreaRange size) {
        int right = 0;
        int wrong = 0;
        for (Matching.Verdict verdict : matching.verdicts(OVERLAP, size)) {
            right += verdict == Matching.Verdict.RIGHT ? 1 : 0;
            wrong += verdict == Matching.Verdict.WRONG ? 1 : 0;
        }
        return new Hits(matching.objects(size), right, wrong);
    }

    /** Of one class. */
    public Hits of(int category) {
        return byCategory.get(category).getOrDefault(AreaRange.ALL, NONE);
    }

    /** Of objects of a size, all classes together. */
    public Hits of(AreaRange size) {
        return byCategory.stream()
                .map(ofCategory -> ofCategory.getOrDefault(size, NONE))
                .reduce(NONE, Hits::plus);
    }
}

package dev.millrace.trainer.coco;

import dev.millrace.worker.infer.DetectedBox;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** One picture's objects and boxes, class by class. Never changes once made. */
final class ByCategory {
    private final List<List<TrueBox>> truths;
    private final List<List<DetectedBox>> found;

    ByCategory(int categories, List<TrueBox> truths, List<DetectedBox> found) {
        this.truths = ByCategory.<TrueBox>lists(categories);
        this.found = ByCategory.<DetectedBox>lists(categories);
        truths.forEach(truth -> this.truths.get(truth.category()).add(truth));
        found.forEach(box -> this.found.get(box.index()).add(box));
    }

    List<TrueBox> truths(int category) {
        return truths.get(category);
    }

    List<DetectedBox> found(int category) {
        return found.get(category);
    }

    private static <T> List<List<T>> lists(int count) {
        return Stream.generate(() -> (List<T>) new ArrayList<T>()).limit(count).toList();
    }
}

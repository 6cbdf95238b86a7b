package dev.millrace.trainer.replay;

import dev.millrace.trainer.dataset.ImageShape;
import java.util.HashSet;
import java.util.List;

/**
 * What a buffer holds.
 *
 * @param shape of the model's input
 * @param classes names by label, as the model has them
 * @param capacity images at most; every class has the same share of it, so that no class can push out another
 */
public record ReplaySpec(ImageShape shape, List<String> classes, int capacity) {
    /** All are read into one array. */
    private static final long MOST_PIXEL_BYTES = Integer.MAX_VALUE - 64;

    /** @throws IllegalArgumentException for no or equal classes, fewer images than classes, or 2 GiB of pixels and more */
    public ReplaySpec {
        classes = List.copyOf(classes);
        if (classes.isEmpty() || new HashSet<>(classes).size() < classes.size()) {
            throw new IllegalArgumentException(
                    "classes: %s (expected: one at least, no name twice)".formatted(classes));
        }
        long most = MOST_PIXEL_BYTES / shape.bytes();
        if (capacity < classes.size() || capacity > most) {
            throw new IllegalArgumentException(
                    "images: %d (expected: %d, one of each class, to %d, 2 GiB of pixels of %s)"
                            .formatted(capacity, classes.size(), most, shape));
        }
    }

    /** Images of one class at most. */
    public int perClass() {
        return capacity / classes.size();
    }

    /** Bytes of disk at most; twice as many while the buffer is made anew for another capacity. */
    public long diskBytes() {
        return BufferHeader.of(this).bytes() + (long) perClass() * classes.size() * new Slots(shape).bytes();
    }
}

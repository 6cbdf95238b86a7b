package dev.millrace.producer.source;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A sequence of images, in the same order at each iteration. */
public interface ImageSource extends Iterable<SourceImage> {
    /** What to call it: a path, or a dataset's name. */
    String name();

    /** How many images it has, when that is known without reading them. */
    OptionalLong size();

    /** What its images show, and how their requests are told; null where it does not know. */
    default @Nullable SourceLabels labels() {
        return null;
    }
}

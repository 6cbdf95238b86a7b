package dev.millrace.producer.source;

import java.util.OptionalLong;

/** A sequence of images, in the same order at each iteration. */
public interface ImageSource extends Iterable<SourceImage> {
    /** What to call it: a path, or a dataset's name. */
    String name();

    /** How many images it has, when that is known without reading them. */
    OptionalLong size();
}

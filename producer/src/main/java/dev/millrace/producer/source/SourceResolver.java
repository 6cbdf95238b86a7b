package dev.millrace.producer.source;

import java.io.IOException;
import java.util.Optional;

/** Turns what a user typed into a source, where it is of the kind that this resolver knows. */
public interface SourceResolver {
    /** The forms that are understood, for help and error texts, such as {@code fashion-mnist[:DIR]}. */
    String forms();

    /**
     * The source that {@code spec} means, or empty when it is of another kind.
     *
     * @throws IOException when it is of this kind but cannot be opened; the message names it
     */
    Optional<ImageSource> resolve(String spec) throws IOException;
}

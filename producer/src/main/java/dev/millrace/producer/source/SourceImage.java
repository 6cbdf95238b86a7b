package dev.millrace.producer.source;

import dev.millrace.producer.OutgoingImage;
import java.io.IOException;
import java.util.OptionalInt;

/** One image of a source, not yet read. */
public interface SourceImage {
    /** What to call it in a message: a path, or a place in a dataset. */
    String name();

    /** The true class index, where the source knows it. Kept aside: it never goes into the request. */
    default OptionalInt label() {
        return OptionalInt.empty();
    }

    /**
     * Reads the image, under a new request id at each call.
     *
     * @throws IOException when it cannot be read or is no image; the message names it
     */
    OutgoingImage read() throws IOException;
}

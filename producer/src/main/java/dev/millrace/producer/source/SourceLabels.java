package dev.millrace.producer.source;

import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The true labels of a source whose requests say which of its images they are: their ids are {@code <source>/<index>/<UUID>}.
 *
 * @param source its name wherever it lies; without '/'
 * @param labels class names, by the image's index in the source
 */
public record SourceLabels(String source, List<String> labels) {
    private static final Pattern REQUEST_ID = Pattern.compile("([^/]+)/([0-9]{1,9})/[0-9a-f-]{36}");

    /** Copies the list. */
    public SourceLabels {
        labels = List.copyOf(labels);
    }

    /** A new id for a request with that image. */
    public String requestId(int index) {
        return source + "/" + index + "/" + UUID.randomUUID();
    }

    /** What the image of that request shows; null when it is of no image of this source. */
    public @Nullable String of(String requestId) {
        Matcher id = REQUEST_ID.matcher(requestId);
        if (!id.matches() || !id.group(1).equals(source)) {
            return null;
        }
        int index = Integer.parseInt(id.group(2));
        return index < labels.size() ? labels.get(index) : null;
    }
}

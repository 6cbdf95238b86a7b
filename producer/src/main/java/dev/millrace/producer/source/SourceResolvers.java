package dev.millrace.producer.source;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Asks the application's resolvers first, then files and folders; {@code ./name} always means a path. */
public final class SourceResolvers {
    private final List<SourceResolver> resolvers = new ArrayList<>();

    /** Puts {@code extra} before files and folders. */
    public SourceResolvers(List<SourceResolver> extra) {
        resolvers.addAll(extra);
        resolvers.add(new FileSourceResolver());
    }

    /**
     * The source that {@code spec} means.
     *
     * @throws IOException when no resolver knows it, or the one that does cannot open it; the message names it
     */
    public ImageSource resolve(String spec) throws IOException {
        for (SourceResolver resolver : resolvers) {
            Optional<ImageSource> source = resolver.resolve(spec);
            if (source.isPresent()) {
                return source.get();
            }
        }
        throw new IOException(spec + ": no such source (expected: " + forms() + ")");
    }

    /** Every form that is understood, for help and error texts. */
    public String forms() {
        return resolvers.stream().map(SourceResolver::forms).collect(Collectors.joining(", "));
    }
}

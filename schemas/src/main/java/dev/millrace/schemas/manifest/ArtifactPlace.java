package dev.millrace.schemas.manifest;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * Where a manifest says that its artifact is.
 *
 * @param text as the manifest has it
 * @param uri the same, understood
 */
public record ArtifactPlace(Kind kind, String text, URI uri) {
    /** In chunks on the artifacts topic. */
    public static final ArtifactPlace OVER_KAFKA =
            new ArtifactPlace(Kind.KAFKA, "kafka:", URI.create("kafka:artifacts"));

    /** What it takes to read it. */
    public enum Kind {
        KAFKA,
        FILE,
        HTTPS
    }

    /**
     * Understands what a manifest says.
     *
     * @throws IllegalArgumentException for a place that nobody reads from
     */
    public static ArtifactPlace parse(String text) {
        if (text.equals(OVER_KAFKA.text)) {
            return OVER_KAFKA;
        }
        try {
            URI uri = new URI(text);
            String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
            if (scheme.equals("file") && namesAFileHere(uri)) {
                return new ArtifactPlace(Kind.FILE, text, uri);
            }
            if (scheme.equals("https") && uri.getHost() != null && uri.getUserInfo() == null) {
                return new ArtifactPlace(Kind.HTTPS, text, uri);
            }
        } catch (URISyntaxException e) {
            // As any other that is not understood.
        }
        throw new IllegalArgumentException(
                "artifact: " + text + " (expected: kafka:, file:///PATH, or https://HOST/PATH without a password)");
    }

    private static boolean namesAFileHere(URI uri) {
        return uri.getAuthority() == null
                && uri.getQuery() == null
                && uri.getFragment() == null
                && uri.getPath() != null
                && uri.getPath().startsWith("/");
    }

    /** Whether the manifest says no more than that it is on the artifacts topic. */
    public static boolean isOverKafka(String text) {
        return text.equals(OVER_KAFKA.text);
    }
}

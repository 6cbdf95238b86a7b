package dev.millrace.schemas.confluent;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Where a schema registry is, who asks it, and how long it may take to answer. Its text has no password.
 */
public final class RegistryAddress {
    /** How long a registry may take unless it is said otherwise. */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(2);

    private final URI base;
    private final @Nullable String authorization;
    private final Duration timeout;

    private RegistryAddress(URI base, @Nullable String authorization, Duration timeout) {
        this.base = base;
        this.authorization = authorization;
        this.timeout = timeout;
    }

    /**
     * The address that was configured.
     *
     * @param url {@code http} or {@code https}, with the path under which {@code /schemas} and {@code /subjects} are; may
     *     have {@code user:password@} before its host
     * @param credentials {@code user:password} for HTTP Basic (RFC 7617), over those of the URL; empty: none
     * @param timeout for one exchange; more than none
     * @throws IllegalArgumentException when one of them is no such thing
     */
    public static RegistryAddress of(String url, String credentials, Duration timeout) {
        URI given;
        try {
            given = new URI(url);
        } catch (URISyntaxException e) {
            // Its message would quote the password.
            throw new IllegalArgumentException(
                    "schema registry URL: no URL (expected: such as https://registry.example.org)");
        }
        String scheme = given.getScheme();
        boolean http = "http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme);
        if (!http || given.getHost() == null || given.getRawQuery() != null || given.getRawFragment() != null) {
            throw new IllegalArgumentException("schema registry URL: " + bare(given)
                    + " (expected: such as https://registry.example.org, without a query)");
        }
        String user = credentials.isEmpty() ? given.getUserInfo() : credentials;
        if (user != null && user.indexOf(':') < 0) {
            throw new IllegalArgumentException("schema registry credentials: without ':' (expected: user:password)");
        }
        if (timeout.isZero() || timeout.isNegative()) {
            throw new IllegalArgumentException(
                    "schema registry timeout: " + timeout.toMillis() + " ms (expected: more than no time)");
        }
        return new RegistryAddress(URI.create(bare(given)), user == null ? null : basic(user), timeout);
    }

    private static String basic(String user) {
        return "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8));
    }

    private static String bare(URI given) {
        String path = given.getRawPath() == null ? "" : given.getRawPath().replaceAll("/+$", "");
        String port = given.getPort() < 0 ? "" : ":" + given.getPort();
        return given.getScheme() + "://" + given.getHost() + port + path;
    }

    /** The address of a resource, each part of whose path is given as it is. */
    URI resolve(String... path) {
        StringBuilder uri = new StringBuilder(base.toString());
        for (String part : path) {
            uri.append('/')
                    .append(URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20"));
        }
        return URI.create(uri.toString());
    }

    /** The value of the header {@code Authorization}; null: none. */
    @Nullable
    String authorization() {
        return authorization;
    }

    /** How long one exchange may take. */
    public Duration timeout() {
        return timeout;
    }

    /** The URL, without who asks. */
    @Override
    public String toString() {
        return base.toString();
    }
}

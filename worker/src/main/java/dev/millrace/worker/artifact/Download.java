package dev.millrace.worker.artifact;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one file as they come, over several answers if need be; never more than announced. Answers come on the
 * HTTP client's threads: only the one that was asked for last counts, whatever one that was given up still says.
 */
final class Download {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-\\d+/(?:\\d+|\\*)");

    private final URI place;
    private final byte[] bytes;

    // All guarded by this.
    private int received;
    private @Nullable String etag;
    private @Nullable IOException refusal;
    private @Nullable Answer expected;

    Download(URI place, int bytes) {
        this.place = place;
        this.bytes = new byte[bytes];
    }

    /** One answer of the server, to be asked for with these headers. */
    final class Answer implements Consumer<Optional<byte[]>> {
        private final Map<String, String> headers;

        private Answer(Map<String, String> headers) {
            this.headers = headers;
        }

        Map<String, String> headers() {
            return headers;
        }

        /** Whether the body that follows this head is wanted. */
        boolean begins(HttpResponse.ResponseInfo head) {
            synchronized (Download.this) {
                return this == expected && isWanted(head);
            }
        }

        @Override
        public void accept(Optional<byte[]> next) {
            synchronized (Download.this) {
                if (this == expected && next.isPresent()) {
                    append(next.get());
                }
            }
        }
    }

    /** The next answer, which brings what is missing; all of it where nothing says that the rest belongs to what is here. */
    synchronized Answer next() {
        String tag = etag;
        if (received == 0 || tag == null) {
            received = 0;
            expected = new Answer(Map.of());
        } else {
            expected = new Answer(Map.of("Range", "bytes=" + received + "-", "If-Range", tag));
        }
        return expected;
    }

    private boolean isWanted(HttpResponse.ResponseInfo head) {
        if (head.statusCode() == 200) {
            received = 0;
        } else if (head.statusCode() != 206 || !goesOn(head)) {
            return false;
        }
        etag = head.headers()
                .firstValue("ETag")
                .filter(tag -> tag.startsWith("\""))
                .orElse(null);
        return true;
    }

    private boolean goesOn(HttpResponse.ResponseInfo head) {
        String range = head.headers().firstValue("Content-Range").orElse("");
        Matcher form = CONTENT_RANGE.matcher(range);
        if (form.matches() && form.group(1).equals(Integer.toString(received))) {
            return true;
        }
        refusal = new IOException("artifact " + place + ": Content-Range " + range + " (expected: from byte " + received
                + ", as was asked for)");
        return false;
    }

    private void append(byte[] piece) {
        if (piece.length > bytes.length - received) {
            IOException tooLong =
                    new IOException("artifact " + place + ": more than " + bytes.length + " bytes (expected: no more)");
            refusal = tooLong;
            throw new UncheckedIOException(tooLong);
        }
        System.arraycopy(piece, 0, bytes, received, piece.length);
        received += piece.length;
    }

    synchronized int received() {
        return received;
    }

    /** @throws IOException when what came must not be gone on with */
    synchronized void requireNotRefused() throws IOException {
        if (refusal != null) {
            throw refusal;
        }
    }

    synchronized boolean complete() {
        return received == bytes.length;
    }

    /** Those that came; no answer adds to them any more. */
    synchronized byte[] bytes() {
        expected = null;
        return bytes;
    }
}

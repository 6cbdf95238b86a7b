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
 * The bytes of one file as they come, over several answers if need be; never more than announced. The HTTP client's
 * threads write, one at a time; the reader reads once an answer is over.
 */
final class Download implements Consumer<Optional<byte[]>> {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-\\d+/(?:\\d+|\\*)");

    private final URI place;
    private final byte[] bytes;
    private volatile int received;
    private volatile @Nullable String etag;
    private volatile @Nullable IOException refusal;

    Download(URI place, int bytes) {
        this.place = place;
        this.bytes = new byte[bytes];
    }

    /** Request headers that ask for what is missing: none where that is all of it, as it is now. */
    Map<String, String> ask() {
        String tag = etag;
        // Without a strong tag nothing says that the rest belongs to what is here.
        if (received == 0 || tag == null) {
            received = 0;
            return Map.of();
        }
        return Map.of("Range", "bytes=" + received + "-", "If-Range", tag);
    }

    /** Whether the body that follows this head is wanted; an answer that is not the rest begins anew. */
    boolean begins(HttpResponse.ResponseInfo head) {
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

    @Override
    public void accept(Optional<byte[]> next) {
        if (next.isEmpty()) {
            return;
        }
        byte[] piece = next.get();
        int have = received;
        if (piece.length > bytes.length - have) {
            IOException tooLong =
                    new IOException("artifact " + place + ": more than " + bytes.length + " bytes (expected: no more)");
            refusal = tooLong;
            throw new UncheckedIOException(tooLong);
        }
        System.arraycopy(piece, 0, bytes, have, piece.length);
        received = have + piece.length;
    }

    int received() {
        return received;
    }

    boolean complete() {
        return received == bytes.length;
    }

    byte[] bytes() {
        return bytes;
    }

    /** Why it must not go on; null where it may. */
    @Nullable
    IOException refusal() {
        return refusal;
    }
}

package dev.millrace.worker.artifact;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * An HTTPS server. A download that breaks off goes on where it ended, by Range, under the condition (If-Range) that it
 * is still the same file (RFC 9110, 13.1.5 and 14). Redirects are followed from https to https only.
 */
final class HttpArtifacts implements ArtifactSource {
    private static final Set<Integer> TRY_AGAIN = Set.of(408, 425, 429, 500, 502, 503, 504);
    private static final Duration LONGEST = Duration.ofMinutes(10);

    private final HttpClient client;
    private final URI place;
    private final Duration patience;

    /**
     * Connects to nothing yet.
     *
     * @param client follows {@link HttpClient.Redirect#NORMAL} redirects
     * @param patience how long to wait for an answer, and for each piece of it
     */
    HttpArtifacts(HttpClient client, URI place, Duration patience) {
        this.client = client;
        this.place = place;
        this.patience = patience;
    }

    @Override
    public byte[] read(Wanted wanted) throws IOException {
        Download download = new Download(place, wanted.bytes());
        long deadline = System.nanoTime() + LONGEST.toNanos();
        while (true) {
            int before = download.received();
            try {
                attempt(download, deadline);
                return wanted.require(download.bytes());
            } catch (BrokenOffException e) {
                if (download.received() == wanted.bytes()) {
                    // After the last byte.
                    return wanted.require(download.bytes());
                }
                if (download.received() <= before) {
                    throw new RetriableFetchException(
                            "artifact " + place + ": broke off after " + download.received() + " of " + wanted.bytes()
                                    + " bytes: " + e.getMessage(),
                            e);
                }
            }
        }
    }

    private void attempt(Download download, long deadline) throws IOException, BrokenOffException {
        // Compressed it would have another length, and other offsets.
        HttpRequest.Builder request = HttpRequest.newBuilder(place).header("Accept-Encoding", "identity");
        Download.Answer next = download.next();
        next.headers().forEach(request::header);
        CompletableFuture<HttpResponse<Void>> answer = client.sendAsync(
                request.build(),
                head -> next.begins(head)
                        ? BodyHandlers.ofByteArrayConsumer(next).apply(head)
                        : BodyHandlers.discarding().apply(head));
        HttpResponse<Void> response = await(answer, download, deadline);
        download.requireNotRefused();
        int status = response.statusCode();
        if (TRY_AGAIN.contains(status)) {
            throw new BrokenOffException("the server answered " + status);
        }
        if (status >= 300 && status < 400) {
            throw new IOException("artifact " + place + ": moved to "
                    + response.headers().firstValue("Location").orElse("nowhere")
                    + " (expected: redirects to https only)");
        }
        if (status != 200 && status != 206) {
            throw new IOException("artifact " + place + ": the server answered " + status + " (expected: 200)");
        }
        if (!download.complete()) {
            throw new BrokenOffException("the server's answer ended");
        }
    }

    private HttpResponse<Void> await(CompletableFuture<HttpResponse<Void>> answer, Download download, long deadline)
            throws IOException, BrokenOffException {
        try {
            while (true) {
                int before = download.received();
                try {
                    return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    if (System.nanoTime() > deadline) {
                        throw new RetriableFetchException(
                                "artifact " + place + ": not read within " + LONGEST.toMinutes() + " min", e);
                    }
                    if (download.received() == before) {
                        throw new BrokenOffException("nothing came for " + patience.toMillis() + " ms");
                    }
                }
            }
        } catch (ExecutionException e) {
            download.requireNotRefused();
            throw new BrokenOffException(String.valueOf(e.getCause()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RetriableFetchException("artifact " + place + ": interrupted", e);
        } finally {
            answer.cancel(true);
        }
    }

    @Override
    public boolean worthCaching() {
        return true;
    }

    /** What was received stays; the rest may be asked for. */
    private static final class BrokenOffException extends Exception {
        private static final long serialVersionUID = 1L;

        BrokenOffException(String message) {
            super(message);
        }
    }
}

package dev.millrace.worker.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpHandler;
import dev.millrace.schemas.manifest.ManifestKeys;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpArtifactsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final long SEED = 31;

    @SuppressWarnings("NullAway.Init") // Set before all tests.
    private static SSLContext tls;

    private final byte[] artifact = artifact();

    @BeforeAll
    static void certify(@TempDir Path dir) throws Exception {
        tls = TestServer.certified(dir);
    }

    @Test
    void readsTheBytesThatAreWanted() throws Exception {
        assertThat(read(exchange -> TestServer.answer(exchange, artifact))).isEqualTo(artifact);
    }

    @Test
    void goesOnWhereADownloadBrokeOff() throws Exception {
        HttpHandler breaking = exchange -> {
            String range = exchange.getRequestHeaders().getFirst("Range");
            int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
            if (from > 0) {
                assertThat(exchange.getRequestHeaders().getFirst("If-Range")).isEqualTo("\"one\"");
            }
            int sent = Math.min(100_000, artifact.length - from);
            TestServer.breakOff(exchange, from == 0 ? 200 : 206, artifact, from, sent, "\"one\"");
        };
        try (TestServer server = new TestServer(tls, breaking)) {
            assertThat(read(server, PATIENCE)).isEqualTo(artifact);

            assertThat(server.ranges).hasSizeGreaterThanOrEqualTo(3).startsWith("");
            assertThat(server.ranges.subList(1, server.ranges.size()))
                    .allSatisfy(range -> assertThat(range).matches("bytes=[1-9]\\d*-"))
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void beginsAnewWhereTheFileHasChangedMeanwhile() throws Exception {
        byte[] before = artifact();
        before[0]++;
        HttpHandler changing = exchange -> {
            boolean first = exchange.getRequestHeaders().getFirst("Range") == null;
            TestServer.breakOff(
                    exchange,
                    200,
                    first ? before : artifact,
                    0,
                    first ? 100_000 : artifact.length,
                    first ? "\"one\"" : "\"two\"");
        };

        assertThat(read(changing)).isEqualTo(artifact);
    }

    @Test
    void asksForAllOfItAgainWhereNoTagSaysThatItIsTheSameFile() throws Exception {
        int[] sent = {100_000};
        HttpHandler untagged = exchange -> {
            TestServer.breakOff(exchange, 200, artifact, 0, sent[0], null);
            sent[0] = artifact.length;
        };
        try (TestServer server = new TestServer(tls, untagged)) {
            assertThat(read(server, PATIENCE)).isEqualTo(artifact);

            assertThat(server.ranges).containsExactly("", "");
        }
    }

    @Test
    void refusesAnotherPartThanItAskedFor() {
        HttpHandler wrong = exchange -> {
            boolean first = exchange.getRequestHeaders().getFirst("Range") == null;
            TestServer.breakOff(
                    exchange,
                    first ? 200 : 206,
                    artifact,
                    first ? 0 : 7,
                    first ? 100_000 : artifact.length - 7,
                    "\"one\"");
        };

        assertThatThrownBy(() -> read(wrong))
                .isInstanceOf(IOException.class)
                .hasMessageMatching("artifact .*: Content-Range bytes 7-299999/300000 "
                        + "\\(expected: from byte \\d+, as was asked for\\)");
    }

    @Test
    void givesUpForNowWhenNothingMoreComes() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        HttpHandler stalling = exchange -> {
            exchange.getResponseHeaders().add("ETag", "\"one\"");
            exchange.sendResponseHeaders(200, artifact.length);
            OutputStream body = exchange.getResponseBody();
            body.write(artifact, 0, 10);
            body.flush();
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
        };
        try (TestServer server = new TestServer(tls, stalling)) {
            assertThatThrownBy(() -> read(server, Duration.ofSeconds(1)))
                    .isInstanceOf(RetriableFetchException.class)
                    .hasMessageContaining("of " + artifact.length + " bytes: nothing came for 1000 ms");
            over.countDown();
        }
    }

    @Test
    void takesNoMoreThanWasAnnounced() {
        byte[] more = Arrays.copyOf(artifact, artifact.length + 1);
        HttpHandler endless = exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream body = exchange.getResponseBody()) {
                while (true) {
                    body.write(more);
                }
            }
        };

        assertThatThrownBy(() -> read(endless))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("more than " + artifact.length + " bytes");
    }

    @Test
    void refusesOtherBytes() {
        byte[] other = artifact();
        other[other.length / 2] ^= 1;

        assertThatThrownBy(() -> read(exchange -> TestServer.answer(exchange, other)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("sha256 " + ManifestKeys.sha256(other))
                .hasMessageContaining("(expected: " + ManifestKeys.sha256(artifact) + ")");
    }

    @Test
    void triesAgainWhatAServerCannotDoNowAndRefusesWhatItWillNotDo() {
        assertThatThrownBy(() -> read(exchange -> exchange.sendResponseHeaders(503, -1)))
                .isInstanceOf(RetriableFetchException.class)
                .hasMessageContaining("503");
        assertThatThrownBy(() -> read(exchange -> exchange.sendResponseHeaders(404, -1)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the server answered 404 (expected: 200)");
    }

    @Test
    void doesNotFollowARedirectToAnotherScheme() {
        HttpHandler redirecting = exchange -> {
            exchange.getResponseHeaders().add("Location", "http://localhost:1/model.onnx");
            exchange.sendResponseHeaders(302, -1);
        };

        assertThatThrownBy(() -> read(redirecting))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("moved to http://localhost:1/model.onnx (expected: redirects to https only)");
    }

    @Test
    void followsARedirectToHttps() throws Exception {
        HttpHandler redirecting = exchange -> {
            if (exchange.getRequestURI().getPath().equals("/there")) {
                TestServer.answer(exchange, artifact);
                return;
            }
            exchange.getResponseHeaders().add("Location", "/there");
            exchange.sendResponseHeaders(302, -1);
        };

        assertThat(read(redirecting)).isEqualTo(artifact);
    }

    @Test
    void trustsNoServerWhoseCertificateNobodySigned() throws Exception {
        try (TestServer server = new TestServer(tls, exchange -> TestServer.answer(exchange, artifact))) {
            HttpArtifacts source = new HttpArtifacts(
                    java.net.http.HttpClient.newHttpClient(), URI.create(server.url("/model.onnx")), PATIENCE);

            assertThatThrownBy(() -> source.read(wanted())).hasMessageContaining("PKIX");
        }
    }

    private byte[] read(HttpHandler handler) throws Exception {
        try (TestServer server = new TestServer(tls, handler)) {
            return read(server, PATIENCE);
        }
    }

    private byte[] read(TestServer server, Duration patience) throws IOException {
        return new HttpArtifacts(server.client(), URI.create(server.url("/model.onnx")), patience).read(wanted());
    }

    private Wanted wanted() {
        return new Wanted("https:", ManifestKeys.sha256(artifact), artifact.length);
    }

    private static byte[] artifact() {
        byte[] bytes = new byte[300_000];
        new Random(SEED).nextBytes(bytes);
        return bytes;
    }
}

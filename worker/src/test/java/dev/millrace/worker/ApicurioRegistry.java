package dev.millrace.worker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** An Apicurio Registry as a process of its own, in memory, on loopback. Test thread only. */
final class ApicurioRegistry implements AutoCloseable {
    private static final long PATIENCE_NANOS = Duration.ofMinutes(2).toNanos();

    private final HttpClient http = HttpClient.newHttpClient();
    private final Process process;
    private final Path log;
    private final String url;

    /**
     * Starts it, and waits until it answers.
     *
     * @param folder where its archive was unpacked
     * @param java of a JDK that it runs on
     * @param dir for its log
     */
    ApicurioRegistry(Path folder, Path java, Path dir) throws IOException, InterruptedException {
        int port = freePort();
        log = dir.resolve("registry.log");
        url = "http://127.0.0.1:" + port + "/apis/ccompat/v7";
        Path jar = runJar(folder);
        process = new ProcessBuilder(List.of(
                        java.toString(),
                        "-Xmx256m",
                        "-Dquarkus.http.host=127.0.0.1",
                        "-Dquarkus.http.port=" + port,
                        "-Dquarkus.management.host=127.0.0.1",
                        "-Dquarkus.management.port=" + freePort(),
                        "-jar",
                        jar.toString()))
                .directory(dir.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!answers()) {
            if (!process.isAlive() || System.nanoTime() - end > 0) {
                close();
                throw new AssertionError("the registry does not answer at " + url + ":\n" + Files.readString(log));
            }
            process.waitFor(200, TimeUnit.MILLISECONDS);
        }
    }

    private static Path runJar(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.endsWith("quarkus-run.jar"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(folder + " (expected: an unpacked Apicurio Registry)"));
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private boolean answers() {
        try {
            return get("/subjects").statusCode() == 200;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    /** The base of Confluent's API. */
    String url() {
        return url;
    }

    HttpResponse<String> get(String path) {
        return send(HttpRequest.newBuilder(URI.create(url + path)));
    }

    HttpResponse<String> post(String path, String json) {
        return send(HttpRequest.newBuilder(URI.create(url + path))
                .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                .POST(HttpRequest.BodyPublishers.ofString(json)));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}

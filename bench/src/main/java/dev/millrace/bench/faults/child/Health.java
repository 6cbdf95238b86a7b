package dev.millrace.bench.faults.child;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/**
 * What a worker says when it is asked how it is.
 *
 * @param live need not be restarted
 * @param ready answers requests, and nothing is wrong
 * @param text its reasons, as it tells them
 */
public record Health(boolean live, boolean ready, String text) {
    /** That of a worker that does not answer. */
    static final Health SILENT = new Health(false, false, "no answer");

    private static final Duration PATIENCE = Duration.ofSeconds(2);

    static Health ask(String address) {
        try {
            HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
            HttpResponse<String> live = get(client, address + "/health/live");
            HttpResponse<String> ready = get(client, address + "/health/ready");
            return new Health(live.statusCode() == 200, ready.statusCode() == 200, ready.body());
        } catch (IOException e) {
            return SILENT;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return SILENT;
        }
    }

    private static HttpResponse<String> get(HttpClient client, String address)
            throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(address)).timeout(PATIENCE).build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
}

package dev.millrace.worker.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.worker.http.ServedModel.Tensor;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client of the Open Inference Protocol, version 2, reads of a worker. */
class InferenceProtocolTest {
    private static final List<Tensor> INPUTS = List.of(new Tensor("pixels", "UINT8", List.of(-1L, 1L, 28L, 28L)));
    private static final List<Tensor> OUTPUTS = List.of(new Tensor("logits", "FP32", List.of(-1L, 10L)));

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = HttpClient.newHttpClient();
    private volatile Health health = new Health(true, true, List.of());
    private volatile List<ServedModel> models = List.of(
            new ServedModel("shoes", 12, true, "", INPUTS, OUTPUTS),
            new ServedModel("shoes", 3, false, "", INPUTS, OUTPUTS),
            new ServedModel("shoes", 13, false, "REFUSED: not signed", List.of(), List.of()),
            new ServedModel("hats", 1, true, "PREPARING", List.of(), List.of()));
    private String root = "";

    @BeforeEach
    void listen() throws Exception {
        HealthEndpoint endpoint = new HealthEndpoint(
                () -> health,
                () -> {
                    throw new AssertionError("status is not asked for");
                },
                () -> models,
                () -> "");
        int port = endpoint.listen(vertx, "127.0.0.1", 0)
                .await(10, TimeUnit.SECONDS)
                .actualPort();
        root = "http://127.0.0.1:" + port;
    }

    @AfterEach
    void close() throws Exception {
        vertx.close().await(10, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v2", "/v2/"})
    void serverSaysWhatItIs(String path) throws Exception {
        JsonObject server = new JsonObject(get(path, 200));
        assertThat(server.fieldNames()).containsExactlyInAnyOrder("name", "version", "extensions");
        assertThat(server.getString("name")).isEqualTo("millrace");
        assertThat(server.getString("version")).matches("\\d+\\.\\d+.*");
        assertThat(server.getJsonArray("extensions")).isEmpty();
    }

    @Test
    void healthIsThatOfTheWorker() throws Exception {
        assertThat(get("/v2/health/live", 200)).isEqualTo("{\"live\":true}");
        assertThat(get("/v2/health/ready", 200)).isEqualTo("{\"live\":true,\"ready\":true}");

        health = new Health(true, false, List.of("WAITING_FOR_MODEL"));
        assertThat(get("/v2/health/live", 200)).isEqualTo("{\"live\":true}");
        assertThat(get("/v2/health/ready", 503)).isEqualTo("{\"live\":true,\"ready\":false}");

        health = new Health(false, false, List.of("lane 0: out of memory"));
        assertThat(get("/v2/health/live", 503)).isEqualTo("{\"live\":false}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v2/models/shoes", "/v2/models/shoes/versions/3", "/v2/models/shoes/"})
    void modelSaysItsVersionsAndTensors(String path) throws Exception {
        assertThat(get(path, 200))
                .isEqualTo("{\"name\":\"shoes\",\"versions\":[\"3\",\"12\"],\"platform\":\"onnxruntime_onnx\","
                        + "\"inputs\":[{\"name\":\"pixels\",\"datatype\":\"UINT8\",\"shape\":[-1,1,28,28]}],"
                        + "\"outputs\":[{\"name\":\"logits\",\"datatype\":\"FP32\",\"shape\":[-1,10]}]}");
    }

    @Test
    void modelIsReadyOnceItIsLoaded() throws Exception {
        assertThat(get("/v2/models/shoes/ready", 200)).isEqualTo("{\"name\":\"shoes\",\"ready\":true}");
        assertThat(get("/v2/models/shoes/versions/3/ready", 200)).isEqualTo("{\"name\":\"shoes\",\"ready\":true}");
        assertThat(get("/v2/models/shoes/versions/13/ready", 503)).isEqualTo("{\"name\":\"shoes\",\"ready\":false}");
        assertThat(get("/v2/models/hats/ready", 503)).isEqualTo("{\"name\":\"hats\",\"ready\":false}");

        models = List.of(new ServedModel("hats", 1, true, "", INPUTS, OUTPUTS));
        assertThat(get("/v2/models/hats/ready", 200)).isEqualTo("{\"name\":\"hats\",\"ready\":true}");
    }

    @ParameterizedTest
    @CsvSource({
        "/v2/models/boots, model: boots is unknown",
        "/v2/models/boots/ready, model: boots is unknown",
        "/v2/models/shoes/versions/4, model: shoes v4 is unknown",
        "/v2/models/shoes/versions/latest/ready, model: shoes vlatest is unknown",
        "/v2/models/shoes/versions/13, model: shoes v13 is REFUSED: not signed",
        "/v2/models/hats, model: hats is PREPARING",
        "/v2/models/a%22b%2Fc, model: a\"b/c is unknown",
        "/v2/models, GET /v2/models",
        "/v2/repository/index, GET /v2/repository/index",
    })
    void errorsSayWhatIsNotThere(String path, String message) throws Exception {
        JsonObject error = new JsonObject(get(path, 404));
        assertThat(error.fieldNames()).containsExactly("error");
        assertThat(error.getString("error")).startsWith(message).contains("(expected: ");
    }

    @Test
    void imagesAreNotTaken() throws Exception {
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(URI.create(root + "/v2/models/shoes/infer"))
                        .POST(BodyPublishers.ofString("{}"))
                        .build(),
                BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(new JsonObject(response.body()).getString("error")).endsWith("images come over Kafka)");
    }

    private String get(String path, int expected) throws Exception {
        HttpResponse<String> response =
                client.send(HttpRequest.newBuilder(URI.create(root + path)).build(), BodyHandlers.ofString());
        assertThat(response.statusCode()).as(path + ": " + response.body()).isEqualTo(expected);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        return response.body();
    }
}

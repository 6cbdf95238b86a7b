package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.confluent.RegistryAddress;
import dev.millrace.schemas.confluent.RegistryServer;
import dev.millrace.schemas.confluent.RegistryServer.Mood;
import dev.millrace.schemas.confluent.SchemaRegistry;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireFormat;
import dev.millrace.schemas.wire.WireHeaders;
import dev.millrace.schemas.wire.WireTerms;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.SchemaBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests and results in Confluent's framing, and a registry that is not always there. */
@ExtendWith(KafkaBroker.class)
class ConfluentWireIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Stage stage;
    private RegistryServer registry;
    private int requestId;

    @BeforeEach
    void setTheStage(KafkaBroker broker, @TempDir Path dir) throws Exception {
        stage = new Stage(broker, dir);
        stage.publish(1, Stage.onnx(0));
        registry = new RegistryServer();
        requestId = registry.add(ImageRequest.SCHEMA$);
    }

    @AfterEach
    void clear() {
        stage.close();
        registry.close();
    }

    private Worker worker(String delivery, String... settings) throws WorkerStartException {
        return stage.worker(Stream.concat(
                        Stream.of(
                                "millrace.delivery",
                                delivery,
                                "millrace.schema.registry.url",
                                registry.url(),
                                "millrace.schema.registry.timeout",
                                "500ms"),
                        Arrays.stream(settings))
                .toArray(String[]::new));
    }

    private byte[] framed(int id, String request) {
        byte[] singleObject = stage.encode(Stage.request(request, 0, 1));
        return ByteBuffer.allocate(singleObject.length - 5)
                .put((byte) 0)
                .putInt(id)
                .put(singleObject, 10, singleObject.length - 10)
                .array();
    }

    private List<String> reasons() {
        return stage.read(stage.topics.deadLetters()).stream()
                .map(letter -> new String(
                        letter.headers().lastHeader(WireHeaders.ERROR_CLASS).value(), StandardCharsets.UTF_8))
                .sorted()
                .toList();
    }

    private List<String> answered() {
        return stage.results().stream().map(InferenceResult::getRequestId).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"at-least-once", "exactly-once", "queue"})
    void answersBothFormatsInConfluentsAndKeepsWhatNobodyKnows(String delivery) throws Exception {
        worker(delivery, "millrace.wire.format", "confluent");
        int order = registry.add(SchemaBuilder.record("com.acme.Order")
                .fields()
                .requiredString("item")
                .endRecord());
        stage.sendRaw("unknown id", framed(999, "unknown id"));
        stage.sendRaw("order", framed(order, "order"));
        stage.sendRaw("framed", framed(requestId, "framed"));
        stage.send(Stage.request("plain", 0, 1));

        await().atMost(PATIENCE)
                .until(() -> stage.read(stage.topics.results()).size() == 2
                        && reasons().size() == 2);
        assertThat(reasons()).containsExactly("UNKNOWN_SCHEMA", "UNKNOWN_SCHEMA_ID");
        assertThat(registry.subjects()).containsExactly(stage.topics.results() + "-value");
        RegistryAddress address = RegistryAddress.of(registry.url(), "", Duration.ofSeconds(5));
        try (WireTerms terms =
                WireTerms.with(new SchemaRegistry(address, address.timeout()), WireFormat.SINGLE_OBJECT)) {
            WireCodec<InferenceResult> codec = new WireCodec<>(InferenceResult.class, terms);
            assertThat(stage.read(stage.topics.results())).allSatisfy(result -> {
                assertThat(result.value()).startsWith(0, 0, 0, 0);
                assertThat(status(codec, result.value())).isEqualTo(ResultStatus.OK);
            });
        }
    }

    private static ResultStatus status(WireCodec<InferenceResult> codec, byte[] value) {
        try {
            return codec.decode(value).getStatus();
        } catch (MalformedRecordException e) {
            throw new AssertionError("no result", e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"at-least-once", "exactly-once"})
    void aRegistryThatIsDownHoldsThePartitionThatNeedsItAndNoOther(String delivery) throws Exception {
        int port = registry.port();
        registry.close();
        worker(delivery);
        stage.sendRaw(0, "k", stage.encode(Stage.request("before", 0, 1)));
        stage.sendRaw(0, "k", framed(requestId, "framed"));
        stage.sendRaw(0, "k", stage.encode(Stage.request("after", 0, 1)));
        stage.sendRaw(1, "k", stage.encode(Stage.request("beside", 0, 1)));

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(answered()).contains("before", "beside"));
        for (int i = 0; i < 5; i++) {
            String beside = "beside " + i;
            stage.sendRaw(1, "k", stage.encode(Stage.request(beside, 0, 1)));
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(answered()).contains(beside));
        }
        assertThat(answered()).doesNotContain("framed", "after");

        registry = new RegistryServer(port);
        registry.add(ImageRequest.SCHEMA$);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(answered()).contains("framed", "after"));
        assertThat(stage.results())
                .filteredOn(result -> result.getSourcePartition() == 0)
                .extracting(InferenceResult::getRequestId)
                .containsExactly("before", "framed", "after");
        assertThat(reasons()).isEmpty();
    }

    @Test
    void aQueueAnswersTheOthersFirstAndLosesNothingWhileTheRegistryIsDown() throws Exception {
        registry.mood(Mood.BROKEN);
        worker("queue");
        stage.sendRaw(0, "k", framed(requestId, "framed"));
        for (int i = 0; i < 5; i++) {
            stage.sendRaw(0, "k", stage.encode(Stage.request("plain " + i, 0, 1)));
        }
        await().atMost(PATIENCE).until(() -> registry.requests().size() >= 3);
        assertThat(answered()).doesNotContain("framed");

        registry.mood(Mood.WELL);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(answered()).hasSize(6));
        assertThat(answered()).contains("framed");
        assertThat(reasons()).isEmpty();
    }

    @Test
    void aWorkerThatCannotWriteResultsTakesNothingAndSaysWhy() throws Exception {
        registry.mood(Mood.BROKEN);
        Worker worker = worker("at-least-once", "millrace.wire.format", "confluent");
        stage.send(Stage.request("plain", 0, 1));

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(ready(worker)).contains(registry.url(), "status 500"));
        assertThat(stage.read(stage.topics.results())).isEmpty();

        registry.mood(Mood.WELL);
        await().atMost(PATIENCE).until(() -> stage.read(stage.topics.results()).size() == 1);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(ready(worker)).doesNotContain(registry.url()));
        assertThat(reasons()).isEmpty();
    }

    private static String ready(Worker worker) throws IOException, InterruptedException {
        URI health = URI.create("http://127.0.0.1:" + worker.httpPort() + "/health/ready");
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(health).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }
}

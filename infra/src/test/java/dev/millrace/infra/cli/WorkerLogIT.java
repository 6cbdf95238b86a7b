package dev.millrace.infra.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.broker.KafkaBroker;
import dev.millrace.infra.CommandProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a worker writes to its log: facts with their keys, and neither payloads nor passwords. */
class WorkerLogIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String SECRET = "planted-password";
    private static final String PAYLOAD = "planted-payload";

    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

    @TempDir
    Path folder;

    private final String prefix = KafkaBroker.freshPrefix();

    @Test
    void everyLineIsJsonWithWorkerAndLaneAndTellsNoSecretAndNoPayload() throws Exception {
        List<JsonNode> lines = new ArrayList<>();
        String log = logOfAWorkerThatRefusesARecord("--log-format", "json");
        for (String line : log.lines().toList()) {
            lines.add(new ObjectMapper().readTree(line));
        }

        assertThat(lines).isNotEmpty().allSatisfy(line -> assertThat(line.fieldNames())
                .toIterable()
                .contains("timestamp", "level", "threadName", "loggerName", "formattedMessage"));
        assertThat(lines)
                .filteredOn(line -> line.get("formattedMessage").asText().equals("configuration of the kafka clients"))
                .singleElement()
                .satisfies(line -> assertThat(line.toString())
                        .contains("\"kafka.ssl.truststore.password\":\"[hidden]\"", "\"worker\":\"w\""));
        assertThat(lines)
                .filteredOn(line -> line.get("formattedMessage").asText().equals("lane stopped"))
                .singleElement()
                .satisfies(line -> {
                    assertThat(line.at("/mdc/worker").asText()).isEqualTo("w");
                    assertThat(line.at("/mdc/lane").asText()).isEqualTo("0");
                    assertThat(line.get("kvpList").toString()).contains("\"answered\":\"1\"");
                });
        assertThat(log).doesNotContain(SECRET, PAYLOAD);
    }

    @Test
    void everyLineIsKeysAndValuesUnlessJsonIsWanted() throws Exception {
        String log = logOfAWorkerThatRefusesARecord();

        assertThat(log.lines().filter(line -> line.startsWith("ts=")))
                .anySatisfy(
                        line -> assertThat(line).contains("worker=w lane=0", "msg=\"lane stopped\"", "answered=\"1\""))
                .anySatisfy(line -> assertThat(line).contains("millrace.batch.max=\"8\""));
        assertThat(log).doesNotContain(SECRET, PAYLOAD);
    }

    private String logOfAWorkerThatRefusesARecord(String... more) throws Exception {
        String key = folder.resolve("release").toString();
        run("models", "keygen", key);
        run(onKafka(List.of("topics", "--partitions", "1")));
        run(onKafka(List.of("models", "publish", "bundled:fashion-mnist", "--key", key + ".key")));
        List<String> worker =
                new ArrayList<>(List.of("worker", "--id", "w", "--lanes", "cpu:none", "--http-port", "0"));
        worker.addAll(List.of("--group", prefix + "group", "--set", "kafka.ssl.truststore.password=" + SECRET));
        worker.addAll(List.of(more));
        try (CommandProcess process = CommandProcess.start(folder, onKafka(worker))) {
            String url = process.awaitOutput("health at (http://[^/]+)", LIMIT).group(1);
            process.awaitOutput("^Worker w serving ", LIMIT);
            sendGarbage();
            await().atMost(LIMIT).until(() -> get(url + "/metrics").contains("inference_dlq_total"));
            await().atMost(LIMIT).until(() -> get(url + "/status").contains("\"answered\":1"));
            process.terminate();
            assertThat(process.awaitExit(LIMIT)).as(process.toString()).isZero();
            return process.errors();
        }
    }

    private String[] onKafka(List<String> command) {
        return Stream.concat(command.stream(), Stream.of("--bootstrap", BROKER.bootstrapServers(), "--prefix", prefix))
                .toArray(String[]::new);
    }

    private void sendGarbage() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", BROKER.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            byte[] payload = PAYLOAD.getBytes(StandardCharsets.UTF_8);
            producer.send(new ProducerRecord<>(prefix + "requests", payload)).get();
        }
    }

    private static String get(String url) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private void run(String... arguments) throws Exception {
        try (CommandProcess command = CommandProcess.start(folder, arguments)) {
            assertThat(command.awaitExit(LIMIT)).as(command.toString()).isZero();
        }
    }
}

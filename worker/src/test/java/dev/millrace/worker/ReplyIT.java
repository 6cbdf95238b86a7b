package dev.millrace.worker;

import static java.util.stream.Collectors.collectingAndThen;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.wire.WireHeaders;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Callers that wait for their answers on topics of their own; and what they may ask for without harm to anybody. */
@ExtendWith(KafkaBroker.class)
class ReplyIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final byte[] TRACE = text("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");

    private Stage stage;
    private String replies;

    @BeforeEach
    void setTheStage(KafkaBroker broker, @TempDir Path dir) throws Exception {
        stage = new Stage(broker, dir);
        stage.publish(1, Stage.onnx(0));
        replies = stage.topics.prefix() + "replies";
    }

    @AfterEach
    void clear() {
        stage.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"at-least-once", "exactly-once", "queue"})
    void copiesTheResultToWhereTheCallerWaitsForIt(String delivery) throws Exception {
        stage.create(replies, 3, Map.of());
        worker(delivery);
        byte[] id = {0, -1, 17, 4, 0};
        send("spring", header("kafka_correlationId", id), to(replies), partition(2));
        send("text", header("kafka_correlationId", text("me")), to(replies), header("kafka_replyPartition", text("1")));
        send("any", to(replies), header("traceparent", TRACE), header("tracestate", text("a=1")));
        send("elsewhere", header("kafka_correlationId", id), to(stage.topics.results()));
        send("plain");

        List<ConsumerRecord<String, byte[]>> results = awaitRecords(stage.topics.results(), 5);
        List<ConsumerRecord<String, byte[]>> copies = awaitRecords(replies, 3);
        assertThat(results).hasSize(5);
        assertThat(copies).hasSize(3).allSatisfy(copy -> {
            ConsumerRecord<String, byte[]> result = of(copy.key(), results);
            assertThat(copy.value()).isEqualTo(result.value());
            assertThat(copy.headers()).isEqualTo(result.headers());
            assertThat(copy.timestamp()).isEqualTo(result.timestamp());
        });
        ConsumerRecord<String, byte[]> spring = of("spring", copies);
        assertThat(spring.partition()).isEqualTo(2);
        assertThat(value(spring, "kafka_correlationId")).isEqualTo(id);
        ConsumerRecord<String, byte[]> text = of("text", copies);
        assertThat(text.partition()).isEqualTo(1);
        assertThat(value(text, "kafka_correlationId")).isEqualTo(text("me"));
        ConsumerRecord<String, byte[]> any = of("any", copies);
        assertThat(value(any, "traceparent")).isEqualTo(TRACE);
        assertThat(value(any, "tracestate")).isEqualTo(text("a=1"));
        assertThat(any.headers().lastHeader("kafka_replyTopic")).isNull();
        // Who waits on the results topic finds it there, once.
        assertThat(value(of("elsewhere", results), "kafka_correlationId")).isEqualTo(id);
        assertThat(of("plain", results).headers().toArray()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"at-least-once", "exactly-once", "queue"})
    void answersWhateverReplyIsAskedForAndNeverWaits(String delivery) throws Exception {
        stage.create(replies, 3, Map.of());
        String small = replies + ".small";
        String compact = replies + ".compact";
        stage.create(small, 1, Map.of("max.message.bytes", "200"));
        stage.create(compact, 1, Map.of("cleanup.policy", "compact"));
        // A producer that had to find out would block for longer than this test waits.
        Worker worker = worker(delivery, "kafka.max.block.ms", "120000");
        int partition = partitionOf("one key");
        Map<String, Header[]> asked = new HashMap<>();
        asked.put("NOT_ALLOWED", headers(to("elsewhere")));
        asked.put("NOT_ALLOWED own", headers(to(stage.topics.control())));
        asked.put("NOT_ALLOWED kafka", headers(to("__consumer_offsets")));
        asked.put("UNKNOWN_TOPIC", headers(to(replies + ".nowhere")));
        asked.put("UNKNOWN_PARTITION", headers(to(replies), partition(3)));
        asked.put("UNKNOWN_PARTITION huge", headers(to(replies), partition(Integer.MAX_VALUE)));
        asked.put("MALFORMED partition", headers(to(replies), header("kafka_replyPartition", text("-1"))));
        asked.put("MALFORMED topic", headers(to("a b")));
        asked.put("MALFORMED correlation", headers(to(replies), header("kafka_correlationId", new byte[500_000])));
        asked.put("TOO_LARGE", headers(to(small)));
        asked.put("SENT", headers(to(replies), partition(0)));
        asked.forEach((name, headers) -> {
            stage.send(Stage.request(name, 0, 1), partition, "one key", List.of(headers));
            stage.send(Stage.request("after " + name, 0, 1), partition, "one key", List.of());
        });
        stage.send(Stage.request("FAILED", 0, 1), partition, null, List.of(to(compact)));

        await().atMost(PATIENCE).until(() -> stage.results().size() >= 2 * asked.size() + 1);
        assertThat(stage.results()).hasSize(2 * asked.size() + 1).allSatisfy(result -> assertThat(result.getStatus())
                .isEqualTo(ResultStatus.OK));
        await().atMost(PATIENCE).until(() -> stage.read(replies).size() == 1);
        assertThat(stage.results(replies))
                .extracting(InferenceResult::getRequestId)
                .containsExactly("SENT");
        assertThat(stage.read(small)).isEmpty();
        assertThat(stage.read(compact)).isEmpty();
        await().atMost(PATIENCE).untilAsserted(() -> {
            String metrics = metrics(worker);
            asked.keySet().forEach(name -> assertThat(metrics)
                    .contains("inference_replies_total{outcome=\"" + name.split(" ", 2)[0] + '"'));
            assertThat(metrics).contains("inference_replies_total{outcome=\"FAILED\"");
        });
        try (Admin admin = stage.admin()) {
            assertThat(admin.listTopics().names().get()).doesNotContain(replies + ".nowhere", "elsewhere");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"at-least-once", "exactly-once"})
    void goesOnWhenATopicOfRepliesIsDeleted(String delivery) throws Exception {
        stage.create(replies, 1, Map.of());
        worker(
                delivery,
                "kafka.max.block.ms",
                "3000",
                "kafka.request.timeout.ms",
                "2000",
                "kafka.delivery.timeout.ms",
                "3000");
        send("first", to(replies));
        awaitRecords(replies, 1);
        try (Admin admin = stage.admin()) {
            admin.deleteTopics(List.of(replies)).all().get();
        }
        for (int i = 0; i < 20; i++) {
            send("later-" + i, to(replies));
        }

        awaitRecords(stage.topics.results(), 21);
        stage.create(replies, 1, Map.of());
        await().atMost(PATIENCE).until(() -> {
            send("again", to(replies));
            return !stage.read(replies).isEmpty();
        });
    }

    @Test
    void deadLettersKeepTheTraceAndWhoWaited() throws Exception {
        stage.create(replies, 1, Map.of());
        worker("at-least-once");
        ImageRequest request = Stage.request("declined", 0, 1);
        request.setModel("nobody");
        stage.send(request, null, "declined", List.of(to(replies), header("traceparent", TRACE)));

        ConsumerRecord<String, byte[]> letter = of("declined", awaitRecords(stage.topics.deadLetters(), 1));
        assertThat(value(letter, "traceparent")).isEqualTo(TRACE);
        assertThat(value(letter, "kafka_replyTopic")).isEqualTo(text(replies));
        awaitRecords(replies, 1);
        assertThat(stage.results(replies))
                .extracting(InferenceResult::getStatus)
                .containsExactly(ResultStatus.REJECTED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"at-least-once", "exactly-once", "queue"})
    void answersOnThePartitionOfTheRequestWhileBothTopicsHaveAsMany(String delivery) throws Exception {
        worker(delivery, "kafka.metadata.max.age.ms", "500");
        int keys = partitionOf("one key");
        int chosen = (keys + 1) % Stage.PARTITIONS;
        stage.send(Stage.request("chosen", 0, 1), chosen, "one key", List.of());
        await().atMost(PATIENCE).until(() -> !stage.results().isEmpty());
        assertThat(stage.read(stage.topics.results())).singleElement().satisfies(result -> {
            assertThat(result.partition()).isEqualTo(chosen);
            assertThat(result.key()).isEqualTo("one key");
        });

        try (Admin admin = stage.admin()) {
            admin.createPartitions(Map.of(stage.topics.results(), NewPartitions.increaseTo(16)))
                    .all()
                    .get();
        }
        // By their keys: sooner or later one is answered where no request can have come from.
        await().atMost(PATIENCE).until(() -> {
            IntStream.range(0, 20).forEach(i -> stage.send(Stage.request("more", 0, 1), 0, "key " + i, List.of()));
            return stage.read(stage.topics.results()).stream().anyMatch(result -> result.partition() >= 4);
        });
    }

    private Worker worker(String delivery, String... settings) throws Exception {
        String[] all = Arrays.copyOf(settings, settings.length + 4);
        all[settings.length] = "millrace.delivery";
        all[settings.length + 1] = delivery;
        all[settings.length + 2] = "millrace.reply.topics";
        all[settings.length + 3] = replies + "," + stage.topics.prefix() + "control";
        return stage.worker(all);
    }

    /** Where Kafka's own partitioner puts a request of this key. */
    private static int partitionOf(String key) {
        return BuiltInPartitioner.partitionForKey(text(key), Stage.PARTITIONS);
    }

    private void send(String id, Header... headers) {
        stage.send(Stage.request(id, 0, 1), null, id, List.of(headers));
    }

    private List<ConsumerRecord<String, byte[]>> awaitRecords(String topic, int count) {
        await().atMost(PATIENCE).until(() -> stage.read(topic).size() >= count);
        return stage.read(topic);
    }

    private static ConsumerRecord<String, byte[]> of(String key, List<ConsumerRecord<String, byte[]>> found) {
        return found.stream().filter(next -> key.equals(next.key())).collect(collectingAndThen(toList(), of -> {
            assertThat(of).as(key).hasSize(1);
            return of.get(0);
        }));
    }

    private static Header[] headers(Header... headers) {
        return headers;
    }

    private static Header header(String name, byte[] value) {
        return new RecordHeader(name, value);
    }

    private static Header to(String topic) {
        return header(WireHeaders.REPLY_TOPIC, text(topic));
    }

    private static Header partition(int partition) {
        return header(
                WireHeaders.REPLY_PARTITION,
                ByteBuffer.allocate(4).putInt(partition).array());
    }

    private static byte[] value(ConsumerRecord<?, ?> found, String header) {
        return found.headers().lastHeader(header).value();
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String metrics(Worker worker) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + worker.httpPort() + "/metrics"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }
}

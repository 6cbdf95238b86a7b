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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Callers that wait for their answers on topics of their own; and what they may ask for without harm to anybody. One worker for
 * all tests of a delivery mode: each has its own reply topics and its own request ids.
 */
@ExtendWith(KafkaBroker.class)
@ParameterizedClass
@ValueSource(strings = {"at-least-once", "exactly-once", "queue"})
@SuppressWarnings("NullAway.Init") // NullAway does not know what begins a parameterized class.
class ReplyIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final byte[] TRACE = text("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");

    private static Stage stage;
    private static Worker worker;

    /** For the report alone; without it the invocation's methods would not be given it, either. */
    @Parameter
    String delivery;

    private String replies;

    @BeforeParameterizedClassInvocation
    static void startAWorker(String delivery, KafkaBroker broker, @TempDir Path dir) throws Exception {
        stage = new Stage(broker, dir);
        stage.publish(1, Stage.onnx(0));
        worker = stage.worker(
                "millrace.delivery",
                delivery,
                "millrace.reply.topics",
                stage.topics.prefix() + "replies," + stage.topics.prefix() + "control",
                // A producer that had to find out would block for longer than a test waits.
                "kafka.max.block.ms",
                "120000",
                "kafka.metadata.max.age.ms",
                "500");
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        stage.close();
    }

    @BeforeEach
    void nameTheRepliesTopic(TestInfo test) {
        replies = stage.topics.prefix() + "replies."
                + test.getTestMethod().orElseThrow().getName();
    }

    @Test
    void copiesTheResultToWhereTheCallerWaitsForIt() throws Exception {
        stage.create(replies, 3, Map.of());
        byte[] id = {0, -1, 17, 4, 0};
        send("spring", header("kafka_correlationId", id), to(replies), partition(2));
        send("text", header("kafka_correlationId", text("me")), to(replies), header("kafka_replyPartition", text("1")));
        send("any", to(replies), header("traceparent", TRACE), header("tracestate", text("a=1")));
        send("elsewhere", header("kafka_correlationId", id), to(stage.topics.results()));
        send("plain");

        List<ConsumerRecord<String, byte[]>> results =
                awaitResults(Set.of("spring", "text", "any", "elsewhere", "plain"));
        List<ConsumerRecord<String, byte[]>> copies = awaitRecords(replies, 3);
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

    @Test
    void answersWhateverReplyIsAskedForAndNeverWaits() throws Exception {
        stage.create(replies, 3, Map.of());
        String small = replies + ".small";
        String compact = replies + ".compact";
        stage.create(small, 1, Map.of("max.message.bytes", "200"));
        stage.create(compact, 1, Map.of("cleanup.policy", "compact"));
        String key = "one key";
        int partition = partitionOf(key);
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
        Set<String> ids = new HashSet<>(Set.of("FAILED"));
        asked.forEach((name, headers) -> {
            ids.addAll(List.of(name, "after " + name));
            stage.send(Stage.request(name, 0, 1), partition, key, List.of(headers));
            stage.send(Stage.request("after " + name, 0, 1), partition, key, List.of());
        });
        stage.send(Stage.request("FAILED", 0, 1), partition, null, List.of(to(compact)));

        assertThat(awaitResults(ids)).hasSameSizeAs(ids).allSatisfy(result -> assertThat(
                        Stage.result(result).getStatus())
                .isEqualTo(ResultStatus.OK));
        awaitRecords(replies, 1);
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

    @Test
    void deadLettersKeepTheTraceAndWhoWaited() throws Exception {
        stage.create(replies, 1, Map.of());
        ImageRequest request = Stage.request("declined", 0, 1);
        request.setModel("nobody");
        stage.send(request, null, "declined", List.of(to(replies), header("traceparent", TRACE)));

        awaitRecords(stage.topics.deadLetters(), 1);
        ConsumerRecord<String, byte[]> letter = of("declined", stage.read(stage.topics.deadLetters()));
        assertThat(value(letter, "traceparent")).isEqualTo(TRACE);
        assertThat(value(letter, "kafka_replyTopic")).isEqualTo(text(replies));
        awaitRecords(replies, 1);
        assertThat(stage.results(replies))
                .extracting(InferenceResult::getStatus)
                .containsExactly(ResultStatus.REJECTED);
    }

    @Test
    void answersOnThePartitionOfTheRequestWhileBothTopicsHaveAsMany() throws Exception {
        String key = "chosen key";
        int chosen = (partitionOf(key) + 1) % Stage.PARTITIONS;
        stage.send(Stage.request("chosen", 0, 1), chosen, key, List.of());
        assertThat(awaitResults(Set.of("chosen"))).singleElement().satisfies(result -> assertThat(result.partition())
                .isEqualTo(chosen));

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

    /** Where Kafka's own partitioner puts a request of this key. */
    private static int partitionOf(String key) {
        return BuiltInPartitioner.partitionForKey(text(key), Stage.PARTITIONS);
    }

    private static void send(String id, Header... headers) {
        stage.send(Stage.request(id, 0, 1), null, id, List.of(headers));
    }

    /** The results of these requests, as soon as there are as many. */
    private static List<ConsumerRecord<String, byte[]>> awaitResults(Set<String> ids) {
        return await().atMost(PATIENCE)
                .until(
                        () -> stage.read(stage.topics.results()).stream()
                                .filter(next -> ids.contains(Stage.result(next).getRequestId()))
                                .toList(),
                        found -> found.size() >= ids.size());
    }

    private static List<ConsumerRecord<String, byte[]>> awaitRecords(String topic, int count) {
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

package dev.millrace.producer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.broker.KafkaBroker;
import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.deadletter.Position;
import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.confluent.RegistryServer;
import dev.millrace.schemas.confluent.RegistryServer.Mood;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.wire.WireCodec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class DlqCommandsIT {
    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

    private static final byte[] KEY = "camera-7".getBytes(StandardCharsets.UTF_8);
    private static final byte[] REQUEST = new WireCodec<>(ImageRequest.class)
            .encode(new ImageRequest(
                    "r-1",
                    "shoes",
                    null,
                    ImageEncoding.RAW_U8,
                    2,
                    1,
                    1,
                    ByteBuffer.wrap(new byte[] {1, 2}),
                    null,
                    Instant.EPOCH,
                    null,
                    Map.of("country", "NZ")));

    private static final Schema ORDER = SchemaBuilder.record("com.acme.Order")
            .fields()
            .requiredString("item")
            .endRecord();

    @TempDir
    Path folder;

    private ClientConfig config = ClientConfig.of("set by each test");

    @BeforeEach
    void createTopics() throws Exception {
        config = ClientConfig.of(BROKER.bootstrapServers()).withTopicPrefix(KafkaBroker.freshPrefix());
        try (Admin admin = admin()) {
            new TopicProvisioner(admin).createMissing(config.topics().catalogue(2, (short) 1));
        }
    }

    @Test
    void listsLettersInRowsOfEightyColumnsOrAsJson() throws Exception {
        Position first = letter(0, REQUEST, "x-error-class=UNKNOWN_MODEL", "x-error-stage=decode");
        Position second = letter(1, REQUEST, "x-error-class=CRC_MISMATCH", "x-replay-count=2");

        CommandRun rows = dlq("list");
        CommandRun json = dlq("list", "--reason", "crc_mismatch", "--json");

        assertThat(rows.code()).isZero();
        assertThat(rows.err()).isEmpty();
        assertThat(rows.outLines()).hasSize(3).allMatch(line -> line.length() <= 80);
        assertThat(rows.outLines().get(0)).startsWith("LETTER");
        assertThat(rows.out()).contains(first + " ", second + " ", "UNKNOWN_MODEL       decode");
        assertThat(json.outLines()).hasSize(1);
        JsonNode letter = new JsonMapper().readTree(json.out());
        assertThat(letter.get("letter").asText()).isEqualTo(second.toString());
        assertThat(letter.get("reason").asText()).isEqualTo("CRC_MISMATCH");
        assertThat(letter.get("key").asText()).isEqualTo("camera-7");
        assertThat(letter.get("source_topic").asText())
                .isEqualTo(config.topics().requests());
        assertThat(letter.get("payload_bytes").asInt()).isEqualTo(REQUEST.length);
        assertThat(letter.get("replays").asInt()).isEqualTo(2);
    }

    @Test
    void narrowsDownByTimePartitionLimitAndPosition() throws Exception {
        letterAt(0, Instant.now().minus(Duration.ofHours(2)));
        Position recent = letterAt(0, Instant.now());
        Position other = letterAt(1, Instant.now());

        assertThat(listed("--since", "1h")).containsExactlyInAnyOrder(recent, other);
        assertThat(listed("--partition", "1")).containsExactly(other);
        assertThat(listed("--limit", "2")).hasSize(2);
        assertThat(listed(recent.toString(), "0@99", "7@0")).containsExactly(recent);
        assertThat(listed("--since", "1h", "--partition", "0")).containsExactly(recent);
        CommandRun wrong = dlq("list", "--partition", "2");
        assertThat(wrong.code()).isEqualTo(2);
        assertThat(wrong.err()).contains("partition: 2 (expected: below 2, the partitions of dlq.");
    }

    @Test
    void listsAndReplaysNothingFromAnEmptyTopic() {
        CommandRun listed = dlq("list", "--json");
        CommandRun replayed = dlq("replay", "--all", "--json");

        assertThat(listed.code()).isZero();
        assertThat(listed.out()).isEmpty();
        assertThat(replayed.code()).isZero();
        assertThat(replayed.out()).contains("\"replayed\":0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"list", "show 0@1", "replay --all"})
    void saysHowToCreateMissingTopics(String command) {
        CommandRun run = CommandRun.of(
                ("dlq " + command + " --prefix absent. --bootstrap " + config.bootstrapServers()).split(" "));

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("(expected: an existing topic; run: millrace topics --bootstrap");
    }

    @Test
    void showsEveryHeaderAndTheRequest() throws Exception {
        Position position = letter(
                0,
                REQUEST,
                "trace=\033[31mred",
                "x-error-class=UNKNOWN_MODEL",
                "__dlq.errors.message=model: shoes (expected: one of those that are live here, which are none so far)");

        CommandRun text = dlq("show", position.toString());
        CommandRun json = dlq("show", position.toString(), "--json");

        assertThat(text.code()).isZero();
        assertThat(text.outLines()).allMatch(line -> line.length() <= 80);
        assertThat(text.out())
                .contains(
                        "reason       UNKNOWN_MODEL",
                        "?[31mred",
                        "source       " + config.topics().requests() + "-1@")
                .contains("requestId                      r-1", "2 x 1 x 1", "tag country                    NZ");
        JsonNode letter = new JsonMapper().readTree(json.out());
        assertThat(letter.get("headers").findValuesAsText("name"))
                .contains("trace", "x-error-class", "__dlq.errors.message", "__dlq.errors.offset");
        assertThat(letter.get("request").get("request_id").asText()).isEqualTo("r-1");
        assertThat(letter.get("request").get("tags").get("country").asText()).isEqualTo("NZ");
    }

    @Test
    void showsTheRequestOfALetterInConfluentsFraming() throws Exception {
        try (RegistryServer schemas = new RegistryServer()) {
            byte[] framed = framed(schemas.add(ImageRequest.SCHEMA$));
            Position position = letter(0, framed, "x-error-class=CRC_MISMATCH");
            Position order = letter(0, framed(schemas.add(ORDER)), "x-error-class=UNKNOWN_SCHEMA");

            CommandRun text = dlq("show", position.toString(), "--registry", schemas.url());
            CommandRun json = dlq("show", position.toString(), "--registry", schemas.url(), "--json");
            CommandRun other = dlq("show", order.toString(), "--registry", schemas.url());
            CommandRun without = dlq("show", position.toString());
            schemas.mood(Mood.BROKEN);
            CommandRun away = dlq("show", position.toString(), "--registry", schemas.url());

            assertThat(text.out())
                    .as(text.err())
                    .contains("requestId                      r-1", "tag country                    NZ");
            JsonNode letter = new JsonMapper().readTree(json.out());
            assertThat(letter.at("/request/request_id").asText()).isEqualTo("r-1");
            assertThat(joined(other)).contains("not readable", "is com.acme.Order");
            assertThat(joined(without)).contains("not readable", "needs millrace.schema.registry.url");
            assertThat(joined(away)).contains("not readable", "status 500");
            assertThat(List.of(text, json, other, without, away))
                    .allSatisfy(run -> assertThat(run.code()).as(run.err()).isZero());
        }
    }

    /** As if its lines had never been broken. */
    private static String joined(CommandRun run) {
        return run.out().replaceAll("\\R +", "");
    }

    private static byte[] framed(int id) {
        return ByteBuffer.allocate(REQUEST.length - 5)
                .put((byte) 0)
                .putInt(id)
                .put(REQUEST, 10, REQUEST.length - 10)
                .array();
    }

    @Test
    void saysWhyALetterIsNoRequestAndSavesItsBytesOnce() throws Exception {
        byte[] bytes = {(byte) 0xC3, 1, 0, (byte) 0xFF};
        Position position = letter(0, bytes, "x-error-class=TRUNCATED", "x-bytes=\u00ff");
        Path file = folder.resolve("letter.avro");

        CommandRun run = dlq("show", position.toString(), "--save", file.toString());
        CommandRun again = dlq("show", position.toString(), "--save", file.toString());

        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("not readable", "ends within its header");
        assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
        assertThat(again.code()).isEqualTo(1);
        assertThat(again.err()).contains("letter.avro exists (expected: a new file)");
    }

    @Test
    void saysThatALetterIsNotThere() {
        CommandRun shown = dlq("show", "0@4");
        CommandRun replayed = dlq("replay", "0@4", "9@9");

        assertThat(shown.code()).isEqualTo(1);
        assertThat(shown.err()).contains("letter: 0@4 (expected: one that dlq.");
        assertThat(replayed.code()).isEqualTo(1);
        assertThat(replayed.err()).contains("0@4: not there", "9@9: not there");
    }

    @Test
    void replaysTheOriginalBytesToTheirPartitionWithoutTheErrorHeaders() throws Exception {
        Position position = letter(0, REQUEST, "trace=a", "x-error-class=UNKNOWN_MODEL", "x-error-worker=w");

        CommandRun dry = dlq("replay", "--all", "--dry-run");
        assertThat(dry.code()).isZero();
        assertThat(dry.out()).contains("replayed      1 would be (dry run: nothing was sent)");
        assertThat(requests()).isEmpty();

        CommandRun run = dlq("replay", position.toString());

        assertThat(run.code()).isZero();
        assertThat(run.outLines()).containsExactly("replayed      1");
        assertThat(requests()).singleElement().satisfies(request -> {
            assertThat(request.key()).isEqualTo(KEY);
            assertThat(request.value()).isEqualTo(REQUEST);
            assertThat(request.partition()).isEqualTo(1);
            assertThat(headers(request))
                    .containsExactly(
                            "trace=a",
                            "x-replayed-from=" + config.topics().deadLetters() + "-" + position,
                            "x-replay-count=1");
        });
        try (Admin admin = admin()) {
            assertThat(admin.listGroups().all().get()).isEmpty();
        }
    }

    @Test
    void leavesALetterAloneWhoseReplayDiedAgain() throws Exception {
        Position first = letter(0, REQUEST);
        Position second = letter(
                1,
                REQUEST,
                "x-replay-count=1",
                "x-replayed-from=" + config.topics().deadLetters() + "-" + first);

        CommandRun all = dlq("replay", "--all", "--json");

        assertThat(all.code()).isZero();
        assertThat(all.out()).contains("\"replayed\":1,\"superseded\":1");
        assertThat(requests()).singleElement().satisfies(request -> assertThat(headers(request))
                .contains(
                        "x-replay-count=2", "x-replayed-from=" + config.topics().deadLetters() + "-" + second));
        assertThat(dlq("replay", first.toString()).code()).isZero();
        assertThat(requests()).hasSize(2);
    }

    @Test
    void refusesWhatWasReplayedTooOftenOrCameFromElsewhereAndReplaysTheRest() throws Exception {
        Position tired = letter(0, REQUEST, "x-replay-count=3");
        Position foreign =
                letter(0, REQUEST, "__dlq.errors.topic=" + config.topics().control());
        letter(0, REQUEST);

        CommandRun run = dlq("replay", "--all");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err().lines())
                .containsExactly(
                        tired + ": replays: 3 (expected: fewer than 3, see --max-replays)",
                        foreign + ": source: " + config.topics().control() + " (expected: "
                                + config.topics().requests() + ")");
        assertThat(run.outLines()).containsExactly("replayed      1", "refused       2");
        assertThat(requests()).hasSize(1);
        assertThat(dlq("replay", tired.toString(), "--max-replays", "4").code()).isZero();
    }

    @Test
    void fetchesAPayloadThatWasLeftOutFromItsSource() throws Exception {
        Instant at = Instant.ofEpochMilli(1_700_000_000_000L);
        Position source = send(config.topics().requests(), 1, at, KEY, REQUEST, "trace=a");
        Position position = omitted(source, at, REQUEST.length);

        CommandRun shown = dlq("show", position.toString(), "--json");
        CommandRun run = dlq("replay", position.toString());

        assertThat(shown.out()).contains("\"payload_from\":\"source\"", "\"request_id\":\"r-1\"");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(requests()).hasSize(2).last().satisfies(request -> {
            assertThat(request.key()).isEqualTo(KEY);
            assertThat(request.value()).isEqualTo(REQUEST);
            assertThat(headers(request)).startsWith("trace=a").contains("x-replay-count=1");
        });
    }

    @Test
    void refusesAPayloadThatIsGoneOrAnothers() throws Exception {
        Instant at = Instant.ofEpochMilli(1_700_000_000_000L);
        Position source = send(config.topics().requests(), 1, at, KEY, REQUEST);
        Position another = omitted(source, at, REQUEST.length + 1);
        Position never = omitted(new Position(1, 99), at, REQUEST.length);

        assertThat(dlq("replay", another.toString()).err())
                .contains(another + ": payload: left out, and another request is at ");
        assertThat(dlq("replay", never.toString()).err()).contains(never + ": payload: left out, and no longer at ");

        try (Admin admin = admin()) {
            TopicPartition partition = new TopicPartition(config.topics().requests(), 1);
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(source.offset() + 1)))
                    .all()
                    .get();
        }
        CommandRun expired = dlq("replay", omitted(source, at, REQUEST.length).toString());
        CommandRun unsaved =
                dlq("show", never.toString(), "--save", folder.resolve("none").toString());

        assertThat(expired.code()).isEqualTo(1);
        assertThat(expired.err()).contains("payload: left out, and no longer at ");
        assertThat(unsaved.code()).isEqualTo(1);
        assertThat(unsaved.err()).contains("--save: nothing to save: payload: left out");
        assertThat(folder.resolve("none")).doesNotExist();
    }

    @Test
    void countsWhatKafkaDoesNotTakeAndReplaysTheRest() throws Exception {
        Position large = letter(0, new byte[100_000]);
        letter(0, REQUEST);

        CommandRun run = dlq("replay", "--all", "--kafka", "max.request.size=50000", "--json");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).startsWith(large + ": Kafka: ").contains("max.request.size");
        assertThat(run.out()).contains("\"replayed\":1", "\"failed\":1");
        assertThat(requests()).hasSize(1);
    }

    private List<Position> listed(String... options) throws Exception {
        List<Position> listed = new ArrayList<>();
        for (String line : dlq(Stream.concat(Stream.of("list", "--json"), Stream.of(options))
                        .toArray(String[]::new))
                .outLines()) {
            listed.add(
                    Position.parse(new JsonMapper().readTree(line).get("letter").asText()));
        }
        return listed;
    }

    private CommandRun dlq(String... args) {
        return CommandRun.of(Stream.of(
                        Stream.of("dlq", args[0]),
                        Stream.of("--bootstrap", config.bootstrapServers(), "--prefix", config.topicPrefix()),
                        Stream.of(args).skip(1))
                .flatMap(part -> part)
                .toArray(String[]::new));
    }

    private Position letterAt(int partition, Instant at) throws Exception {
        return send(config.topics().deadLetters(), partition, at, KEY, REQUEST);
    }

    /** A letter as a worker writes it: the source's headers first, then those of the letter. */
    private Position letter(int partition, byte[] payload, String... headers) throws Exception {
        List<String> all = new ArrayList<>(List.of(
                "__dlq.errors.topic=" + config.topics().requests(),
                "__dlq.errors.partition=1",
                "__dlq.errors.offset=42"));
        all.addAll(List.of(headers));
        return send(config.topics().deadLetters(), partition, Instant.now(), KEY, payload, all.toArray(String[]::new));
    }

    private Position omitted(Position source, Instant at, int bytes) throws Exception {
        return send(
                config.topics().deadLetters(),
                0,
                at,
                null,
                null,
                "__dlq.errors.topic=" + config.topics().requests(),
                "__dlq.errors.partition=" + source.partition(),
                "__dlq.errors.offset=" + source.offset(),
                "x-payload-omitted=" + bytes);
    }

    private Position send(
            String topic, int partition, Instant at, byte @Nullable [] key, byte @Nullable [] value, String... headers)
            throws Exception {
        ProducerRecord<byte @Nullable [], byte @Nullable []> message =
                new ProducerRecord<>(topic, partition, at.toEpochMilli(), key, value);
        for (String header : headers) {
            String[] parts = header.split("=", 2);
            message.headers().add(parts[0], parts[1].getBytes(StandardCharsets.UTF_8));
        }
        try (KafkaProducer<byte @Nullable [], byte @Nullable []> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", config.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            return new Position(
                    partition, producer.send(message).get(20, TimeUnit.SECONDS).offset());
        }
    }

    private List<ConsumerRecord<byte[], byte[]>> requests() {
        List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", config.bootstrapServers()),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = Stream.of(0, 1)
                    .map(partition -> new TopicPartition(config.topics().requests(), partition))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(at -> consumer.position(at) < ends.getOrDefault(at, 0L))) {
                consumer.poll(Duration.ofMillis(100)).forEach(found::add);
            }
        }
        return found;
    }

    private static List<String> headers(ConsumerRecord<?, ?> message) {
        List<String> headers = new ArrayList<>();
        for (Header header : message.headers()) {
            headers.add(header.key() + "=" + new String(header.value(), StandardCharsets.UTF_8));
        }
        return headers;
    }

    private Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", config.bootstrapServers()));
    }
}

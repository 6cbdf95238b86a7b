package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.wire.WireHeaders;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A worker between a producer and a reader of another team, who have Avro, a registry server and its HTTP API, and nothing of
 * Millrace but the schema file. With the profile {@code registry} alone, which brings the server; {@code
 * millrace.test.registry.java} is the {@code java} that it runs on, where the one of the tests is older than 21.
 */
@ExtendWith(KafkaBroker.class)
@EnabledIfSystemProperty(named = "millrace.test.registry", matches = ".+")
class RealRegistryIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    private Stage stage;
    private ApicurioRegistry registry;

    @BeforeEach
    void setTheStage(KafkaBroker broker, @TempDir Path dir) throws Exception {
        Path own = Path.of(System.getProperty("java.home"), "bin", "java");
        registry = new ApicurioRegistry(
                Path.of(System.getProperty("millrace.test.registry")),
                Path.of(System.getProperty("millrace.test.registry.java", own.toString())),
                dir);
        stage = new Stage(broker, dir);
        stage.publish(1, Stage.onnx(0));
    }

    @AfterEach
    void clear() {
        if (stage != null) {
            stage.close();
        }
        registry.close();
    }

    @Test
    void answersInConfluentsFramingWhatCameInItAndKeepsWhatTheRegistryDoesNotKnow() throws Exception {
        Schema schema = released("ImageRequest");
        int id = register(stage.topics.requests() + "-value", schema);
        int order = register(
                "orders-value",
                new Schema.Parser()
                        .parse("{\"type\":\"record\",\"name\":\"Order\",\"namespace\":\"com.acme\","
                                + "\"fields\":[{\"name\":\"item\",\"type\":\"string\"}]}"));
        stage.worker("millrace.wire.format", "confluent", "millrace.schema.registry.url", registry.url());

        stage.sendRaw("one", framed(id, request(schema, "one")));
        stage.sendRaw("order", framed(order, request(schema, "order")));
        stage.sendRaw("nobody's", framed(123_456, request(schema, "nobody's")));

        await().atMost(PATIENCE)
                .until(() -> stage.read(stage.topics.results()).size() == 1
                        && stage.read(stage.topics.deadLetters()).size() == 2);
        GenericRecord result = read(stage.read(stage.topics.results()).get(0).value());
        assertThat(result.get("requestId")).hasToString("one");
        assertThat(result.get("status")).hasToString("OK");
        assertThat(registry.get("/subjects").body()).contains(stage.topics.results() + "-value");
        assertThat(stage.read(stage.topics.deadLetters()))
                .extracting(
                        ConsumerRecord::key,
                        letter -> new String(
                                letter.headers()
                                        .lastHeader(WireHeaders.ERROR_CLASS)
                                        .value(),
                                StandardCharsets.UTF_8))
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("order", "UNKNOWN_SCHEMA"),
                        org.assertj.core.groups.Tuple.tuple("nobody's", "UNKNOWN_SCHEMA_ID"));
    }

    /** {@code producer/examples/confluent}, with the packages that it names: see {@code infra/registry/lane}. */
    @Test
    @EnabledIfSystemProperty(named = "millrace.test.registry.python", matches = ".+")
    void confluentsOwnSerializerAsksAndItsDeserializerReadsTheAnswer(@TempDir Path dir) throws Exception {
        stage.worker("millrace.wire.format", "confluent", "millrace.schema.registry.url", registry.url());
        BufferedImage image = new BufferedImage(4, 4, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setDataElements(0, 0, 4, 4, Stage.image(0, 2));
        Path picture = dir.resolve("picture.png");
        assertThat(ImageIO.write(image, "png", picture.toFile())).isTrue();
        Path said = dir.resolve("said");
        ProcessBuilder program = new ProcessBuilder(
                System.getProperty("millrace.test.registry.python"),
                System.getProperty("millrace.test.registry.program"),
                picture.toString());
        program.environment().put("MILLRACE_BOOTSTRAP", stage.bootstrap);
        program.environment().put("MILLRACE_TOPIC_PREFIX", stage.topics.prefix());
        program.environment().put("MILLRACE_SCHEMA_REGISTRY_URL", registry.url());

        Process process =
                program.redirectErrorStream(true).redirectOutput(said.toFile()).start();
        try {
            assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }

        assertThat(process.exitValue()).as(Files.readString(said)).isZero();
        assertThat(Files.readString(said)).startsWith("label 2 0.");
        assertThat(registry.get("/subjects").body())
                .contains(stage.topics.requests() + "-value", stage.topics.results() + "-value");
        assertThat(stage.read(stage.topics.requests()).get(0).value()).startsWith(0);
        assertThat(stage.read(stage.topics.deadLetters())).isEmpty();
    }

    private int register(String subject, Schema schema) throws IOException {
        HttpResponse<String> reply = registry.post(
                "/subjects/" + subject + "/versions",
                JSON.createObjectNode().put("schema", schema.toString()).toString());
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
        return JSON.readTree(reply.body()).path("id").intValue();
    }

    private static Schema released(String record) throws IOException {
        Schema newest = null;
        for (int version = 1; ; version++) {
            String file = "/dev/millrace/schemas/wire/history/" + record + "-" + version + ".avsc";
            try (InputStream in = RealRegistryIT.class.getResourceAsStream(file)) {
                if (in == null) {
                    return Objects.requireNonNull(newest);
                }
                newest = new Schema.Parser().parse(in);
            }
        }
    }

    private static byte[] request(Schema schema, String id) throws IOException {
        GenericRecord request = new GenericData.Record(schema);
        request.put("requestId", id);
        request.put("model", "");
        request.put(
                "encoding",
                new GenericData.EnumSymbol(schema.getField("encoding").schema(), "RAW_U8"));
        request.put("width", 4);
        request.put("height", 4);
        request.put("channels", 1);
        request.put("bytes", ByteBuffer.wrap(Stage.image(0, 1)));
        request.put("createdAt", Instant.now().toEpochMilli() * 1000);
        request.put("tags", Map.of());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        new GenericDatumWriter<GenericRecord>(schema).write(request, encoder);
        encoder.flush();
        return out.toByteArray();
    }

    private static byte[] framed(int id, byte[] avro) {
        return ByteBuffer.allocate(5 + avro.length)
                .put((byte) 0)
                .putInt(id)
                .put(avro)
                .array();
    }

    private GenericRecord read(byte[] value) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(value);
        assertThat(bytes.get()).isZero();
        JsonNode found =
                JSON.readTree(registry.get("/schemas/ids/" + bytes.getInt()).body());
        Schema schema = new Schema.Parser().parse(found.path("schema").textValue());
        return new GenericDatumReader<GenericRecord>(schema)
                .read(null, DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, null));
    }
}

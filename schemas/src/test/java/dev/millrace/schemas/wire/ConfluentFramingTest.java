package dev.millrace.schemas.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.WorkerStatus;
import dev.millrace.schemas.confluent.RegistryAddress;
import dev.millrace.schemas.confluent.RegistryServer;
import dev.millrace.schemas.confluent.RegistryServer.Mood;
import dev.millrace.schemas.confluent.SchemaRegistry;
import dev.millrace.schemas.wire.MalformedRecordException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConfluentFramingTest {
    private static final int HEADER = 5;

    private final byte[] singleObject = new WireCodec<>(ImageRequest.class).encode(GoldenRecords.request());
    private RegistryServer server;
    private WireTerms terms;
    private WireCodec<ImageRequest> codec;

    @BeforeEach
    void start() throws IOException {
        server = new RegistryServer();
        RegistryAddress address = RegistryAddress.of(server.url(), "", Duration.ofMillis(500));
        terms = WireTerms.with(new SchemaRegistry(address, Duration.ofSeconds(5)), WireFormat.CONFLUENT);
        codec = new WireCodec<>(ImageRequest.class, terms);
    }

    @AfterEach
    void stop() {
        terms.close();
        server.close();
    }

    private byte[] framed(int id) {
        return ByteBuffer.allocate(HEADER + singleObject.length - 10)
                .put((byte) 0)
                .putInt(id)
                .put(singleObject, 10, singleObject.length - 10)
                .array();
    }

    @Test
    void writesTheIdOfTheReleasedSchemaAndTheSameRecord() throws Exception {
        byte[] bytes = codec.encode(GoldenRecords.request(), "images");

        assertThat(server.subjects()).containsExactly("images-value");
        assertThat(bytes).isEqualTo(framed(1));
        assertThat(codec.decode(bytes)).isEqualTo(GoldenRecords.request());
        codec.encode(GoldenRecords.request(), "images");
        assertThat(server.requests()).hasSize(3);
    }

    @Test
    void readsBothFormatsAndEveryReleasedVersionWhateverItsWords() throws Exception {
        List<Schema> versions = SchemaHistory.of(ImageRequest.SCHEMA$);
        Schema newest = versions.get(versions.size() - 1);
        int own = server.add(ImageRequest.SCHEMA$);
        int bare = server.add(org.apache.avro.SchemaNormalization.toParsingForm(newest));
        assertThat(own).isNotEqualTo(bare);

        for (byte[] bytes : new byte[][] {framed(own), framed(bare), singleObject}) {
            assertThat(codec.decode(bytes)).isEqualTo(GoldenRecords.request());
            assertThat(codec.decode(
                            ByteBuffer.allocateDirect(bytes.length).put(bytes).flip()))
                    .isEqualTo(GoldenRecords.request());
        }
        assertThat(versions).hasSizeGreaterThan(1);
    }

    @Test
    void refusesAnIdThatIsNotThereAndOneOfAnotherSchemaByName() {
        int order = server.add(SchemaBuilder.record("com.acme.Order")
                .fields()
                .requiredString("item")
                .endRecord());
        int result = server.add(InferenceResult.SCHEMA$);

        assertThat(refusal(framed(99)).reason()).isEqualTo(Reason.UNKNOWN_SCHEMA_ID);
        assertThat(refusal(framed(-5)).reason()).isEqualTo(Reason.UNKNOWN_SCHEMA_ID);
        assertThat(refusal(framed(order)).reason()).isEqualTo(Reason.UNKNOWN_SCHEMA);
        assertThat(refusal(framed(order)))
                .hasMessageContaining("com.acme.Order")
                .hasMessageContaining("schema id 1");
        assertThat(refusal(framed(result)).reason()).isEqualTo(Reason.UNKNOWN_SCHEMA);
        assertThat(refusal(framed(server.add("no schema"))).reason()).isEqualTo(Reason.UNKNOWN_SCHEMA);
    }

    @Test
    void neverReadsWithWhatTheRegistrySays() {
        // The name of a known record, and a class to be made of a string: nothing of it may be used.
        int hostile = server.add(
                "{\"type\":\"record\",\"name\":\"ImageRequest\",\"namespace\":\"dev.millrace.schemas\","
                        + "\"fields\":[{\"name\":\"requestId\",\"type\":{\"type\":\"string\",\"java-class\":\"java.net.URL\"}}]}");

        assertThat(refusal(framed(hostile)).reason()).isEqualTo(Reason.UNKNOWN_SCHEMA);
    }

    @Test
    void refusesEveryTruncationAndWhateverIsFlipped() {
        byte[] whole = framed(server.add(ImageRequest.SCHEMA$));
        for (int length = 1; length < whole.length; length++) {
            assertThat(refusal(Arrays.copyOf(whole, length)).reason())
                    .as("first %d of %d bytes", length, whole.length)
                    .isIn(Reason.TRUNCATED, Reason.CORRUPT);
        }
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 5_000; round++) {
            byte[] flipped = whole.clone();
            flipped[HEADER + random.nextInt(flipped.length - HEADER)] ^= (byte) (1 << random.nextInt(8));
            try {
                codec.decode(flipped);
            } catch (MalformedRecordException expected) {
                assertThat(expected.getMessage()).as("seed %d", seed).isNotBlank();
            }
        }
    }

    @Test
    void doesNotJudgeWhatTheRegistryDoesNotTell() {
        server.mood(Mood.BROKEN);

        SchemaUnresolvedException unresolved =
                catchThrowableOfType(SchemaUnresolvedException.class, () -> codec.decode(framed(3)));

        assertThat(unresolved.id()).isEqualTo(3);
        assertThat(unresolved).hasMessageContaining("schema id 3").hasMessageContaining("status 500");
        assertThat(terms.knows(3)).isFalse();
        assertThat(terms.readyForResults("results")).isFalse();
    }

    @Test
    void withoutARegistrySaysWhatIsMissing() {
        assertThat(catchThrowableOfType(
                        MalformedRecordException.class, () -> new WireCodec<>(ImageRequest.class).decode(framed(1))))
                .hasMessageContaining("millrace.schema.registry.url")
                .extracting(MalformedRecordException::reason)
                .isEqualTo(Reason.NOT_AVRO);
    }

    @Test
    void serializerAndDeserializerTakeTheSamePropertiesAsKafkaGivesThem() {
        Map<String, String> properties = Map.of(
                WireTerms.FORMAT, "confluent",
                WireTerms.REGISTRY_URL, server.url(),
                WireDeserializer.RECORD, "ImageRequest");
        try (WireSerializer serializer = new WireSerializer();
                WireDeserializer<ImageRequest> deserializer = new WireDeserializer<>()) {
            serializer.configure(properties, false);
            deserializer.configure(properties, false);

            byte[] request = serializer.serialize("images", GoldenRecords.request());
            assertThat(request).startsWith(0, 0, 0, 0, 1);
            assertThat(deserializer.deserialize("images", request)).isEqualTo(GoldenRecords.request());
            assertThat(deserializer.deserialize("images", singleObject)).isEqualTo(GoldenRecords.request());
            assertThatThrownBy(() -> deserializer.deserialize("images", framed(9)))
                    .isInstanceOf(SerializationException.class);
        }
    }

    @Test
    void whatMillraceKeepsToItselfStaysAsItIs() {
        WorkerStatus status = (WorkerStatus) GoldenRecords.all().stream()
                .filter(WorkerStatus.class::isInstance)
                .findFirst()
                .orElseThrow();
        try (WireSerializer serializer = new WireSerializer(terms)) {
            assertThat(serializer.serialize("status", status)).startsWith(0xC3, 0x01);
        }
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void aSerializerWithoutAnIdFailsAsWhatMayBeTriedAgain() {
        server.mood(Mood.NO_REGISTRY);

        try (WireSerializer serializer = new WireSerializer(terms)) {
            assertThatThrownBy(() -> serializer.serialize("images", GoldenRecords.request()))
                    .isInstanceOf(RetriableException.class)
                    .hasMessageContaining("status 404");
        }
    }

    @Test
    void refusesPropertiesThatCannotBe() {
        for (Map<String, String> wrong : List.of(
                Map.of(WireTerms.FORMAT, "confluent"),
                Map.of(WireTerms.FORMAT, "avro"),
                Map.of(WireTerms.REGISTRY_URL, "registry"),
                Map.of(WireTerms.REGISTRY_URL, server.url(), WireTerms.REGISTRY_TIMEOUT, "2s"))) {
            assertThatThrownBy(() -> WireTerms.from(wrong)).isInstanceOf(ConfigException.class);
        }
    }

    private MalformedRecordException refusal(byte[] bytes) {
        MalformedRecordException refused =
                catchThrowableOfType(MalformedRecordException.class, () -> codec.decode(bytes));
        assertThat(refused).as("decoding %s", Arrays.toString(bytes)).isNotNull();
        return refused;
    }
}

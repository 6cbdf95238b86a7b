package dev.millrace.schemas.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.wire.MalformedRecordException.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.apache.avro.util.ClassSecurityValidator;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class WireCodecTest {
    private final WireCodec<ImageRequest> codec = new WireCodec<>(ImageRequest.class);
    private final byte[] whole = codec.encode(GoldenRecords.request());

    @Test
    void readsFromTheMiddleOfABufferWithoutMovingIt() throws Exception {
        ByteBuffer around = ByteBuffer.allocate(whole.length + 7);
        around.position(3).put(whole).position(3).limit(3 + whole.length);

        assertThat(codec.decode(around)).isEqualTo(GoldenRecords.request());
        assertThat(around.position()).isEqualTo(3);
    }

    @Test
    void readsFromADirectBuffer() throws Exception {
        ByteBuffer direct = ByteBuffer.allocateDirect(whole.length).put(whole).flip();

        assertThat(codec.decode(direct)).isEqualTo(GoldenRecords.request());
    }

    @Test
    void writesAWholeRecordAfterOneThatCouldNotBeWritten() {
        ImageRequest half = new ImageRequest();
        half.setRequestId("half of it");

        assertThatThrownBy(() -> codec.encode(half)).isInstanceOf(RuntimeException.class);

        assertThat(codec.encode(GoldenRecords.request())).isEqualTo(whole);
    }

    @Test
    void refusesBytesThatAreNotAvro() {
        assertThat(reasonOf("hello".getBytes(StandardCharsets.UTF_8))).isEqualTo(Reason.NOT_AVRO);
        assertThat(reasonOf(new byte[0])).isEqualTo(Reason.NOT_AVRO);
    }

    @Test
    void refusesAnUnknownFingerprint() {
        byte[] foreign = whole.clone();
        foreign[4] ^= 1;

        assertThat(reasonOf(foreign)).isEqualTo(Reason.UNKNOWN_SCHEMA);
    }

    @Test
    void refusesAnotherKindOfRecord() {
        assertThat(reasonOf(new WireCodec<>(InferenceResult.class).encode(GoldenRecords.result())))
                .isEqualTo(Reason.UNKNOWN_SCHEMA);
    }

    @Test
    void refusesEveryTruncation() {
        for (int length = 2; length < whole.length; length++) {
            assertThat(reasonOf(Arrays.copyOf(whole, length)))
                    .as("first %d of %d bytes", length, whole.length)
                    .isIn(Reason.TRUNCATED, Reason.CORRUPT);
        }
    }

    @Test
    void refusesBytesAfterTheRecord() {
        assertThat(reasonOf(Arrays.copyOf(whole, whole.length + 1))).isEqualTo(Reason.CORRUPT);
    }

    @Test
    void refusesLengthsThatNoRecordCanHave() {
        // The first field is the request id: its length is the first varint after the header.
        byte[] negative = {(byte) 0x09};
        byte[] twoGigabytes = {(byte) 0xFE, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x0F};
        for (byte[] length : new byte[][] {negative, twoGigabytes}) {
            byte[] bytes = Arrays.copyOf(Arrays.copyOf(whole, 10), 10 + length.length + 4);
            System.arraycopy(length, 0, bytes, 10, length.length);

            assertThat(reasonOf(bytes)).isIn(Reason.TRUNCATED, Reason.CORRUPT);
        }
    }

    @Test
    void neverFailsOtherwiseWhateverIsFlipped() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            byte[] flipped = whole.clone();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                flipped[10 + random.nextInt(flipped.length - 10)] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                codec.decode(flipped);
            } catch (MalformedRecordException expected) {
                assertThat(expected.getMessage()).as("seed %d", seed).isNotBlank();
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + ", bytes " + Arrays.toString(flipped), e);
            }
        }
    }

    @Test
    void trustsOnlyItsOwnRecords() {
        assertThat(ClassSecurityValidator.getGlobal().isTrusted(ImageRequest.class))
                .isTrue();
        assertThat(ClassSecurityValidator.getGlobal().isTrusted(ProcessBuilder.class))
                .isFalse();
    }

    @Test
    void serializerAndDeserializerWorkAsKafkaConfiguresThem() {
        RecordHeaders headers = new RecordHeaders();
        byte[] bytes = new WireSerializer().serialize("t", headers, GoldenRecords.request());
        try (WireDeserializer<ImageRequest> deserializer = new WireDeserializer<>()) {
            deserializer.configure(Map.of(WireDeserializer.RECORD, "ImageRequest"), false);

            assertThat(deserializer.deserialize("t", bytes)).isEqualTo(GoldenRecords.request());
            assertThat(deserializer.deserialize("t", null)).isNull();
            assertThatThrownBy(() -> deserializer.deserialize("t", new byte[] {1, 2, 3}))
                    .isInstanceOf(SerializationException.class)
                    .hasMessageContaining("C3 01");
        }
        assertThat(headers.lastHeader(WireHeaders.CONTENT_TYPE).value())
                .asString()
                .isEqualTo("application/avro");
    }

    @Test
    void deserializerRefusesARecordThatIsNone() {
        try (WireDeserializer<ImageRequest> deserializer = new WireDeserializer<>()) {
            assertThatThrownBy(() -> deserializer.configure(Map.of(WireDeserializer.RECORD, "Picture"), false))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("ImageRequest");
        }
    }

    private Reason reasonOf(byte[] bytes) {
        MalformedRecordException refused =
                catchThrowableOfType(MalformedRecordException.class, () -> codec.decode(bytes));
        assertThat(refused).as("decoding %s", Arrays.toString(bytes)).isNotNull();
        return refused.reason();
    }
}

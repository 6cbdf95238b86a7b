package dev.millrace.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.bench.bed.Dialect.Answer;
import dev.millrace.bench.bed.Subject;
import dev.millrace.schemas.ImageRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class DialectsTest {
    private static final long APPENDED_MS = 1_700_000_000_123L;

    @Test
    void anIndexAndAScoreAreAnAnswer() throws Exception {
        byte[] value = ByteBuffer.allocate(8).putInt(42).putFloat(1.5f).array();

        Answer answer = new IndexDialect().answer(record("0017", value));

        assertThat(answer.number()).isEqualTo(17);
        assertThat(answer.best()).isEqualTo(42);
        assertThat(answer.score()).isEqualTo(1.5);
        assertThat(answer.completedMicros()).isEqualTo(APPENDED_MS * 1000);
    }

    @Test
    void somethingElseIsNone() {
        assertThatThrownBy(() -> new IndexDialect().answer(record("1", new byte[3])))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("3 bytes (expected: 8)");
    }

    @Test
    void pixelsBecomeTheDecimalTextOfFloats() throws Exception {
        ImageRequest request = Subject.of("null").requests().get(0);
        request.setBytes(ByteBuffer.wrap(new byte[] {0, (byte) 255, 122}));

        JsonNode json = new JsonMapper().readTree(new JsonDialect(122, 0.5f).request(request));

        assertThat(json.path("dataPointSz1").asInt()).isEqualTo(1);
        assertThat(json.path("dataPointSz2").asInt()).isEqualTo(3);
        assertThat(floats(json)).hasSize(3);
        assertThat(floats(json)[0]).isCloseTo(-61, within(0.001));
        assertThat(floats(json)[1]).isCloseTo(66.5, within(0.001));
        assertThat(floats(json)[2]).isCloseTo(0, within(0.001));
        assertThat(json.path("creationTimestamp").asLong()).isPositive();
    }

    private static double[] floats(JsonNode json) {
        return Arrays.stream(json.path("dataPoint").asText().split(",", 0))
                .mapToDouble(Double::parseDouble)
                .toArray();
    }

    @Test
    void theTextOfAFloatIsAsLongAsThatOfARandomOne() throws Exception {
        ImageRequest request =
                Subject.of("bundled:cifar100-resnet20").requests().get(0);

        JsonNode json = new JsonMapper().readTree(new JsonDialect(128, 1 / 64f).request(request));

        String text = json.path("dataPoint").asText();
        double random = IntStream.range(0, 10_000)
                .map(i -> Float.toString(new Random(i).nextFloat()).length() + 1)
                .average()
                .orElseThrow();
        assertThat((double) text.length() / floats(json).length).isCloseTo(random, within(1.0));
    }

    @Test
    void theBestOfThePredictionsIsTheAnswer() throws Exception {
        byte[] json = "{\"creationTimestamp\":1,\"dataPoint\":\"1.0,\",\"prediction\":\"[[0.5, 2.5, -1.0]]\"}"
                .getBytes(StandardCharsets.US_ASCII);

        Answer answer = new JsonDialect(0, 1).answer(record("3", json));

        assertThat(answer.best()).isEqualTo(1);
        assertThat(answer.score()).isEqualTo(2.5);
    }

    @Test
    void noPredictionsAreNone() {
        byte[] json = "{\"prediction\":\"[]\"}".getBytes(StandardCharsets.US_ASCII);

        assertThatThrownBy(() -> new JsonDialect(0, 1).answer(record("3", json)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no predictions");
    }

    private static ConsumerRecord<byte[], byte[]> record(String key, byte[] value) {
        return new ConsumerRecord<>(
                "results",
                0,
                0,
                APPENDED_MS,
                TimestampType.LOG_APPEND_TIME,
                key.length(),
                value.length,
                key.getBytes(StandardCharsets.US_ASCII),
                value,
                new RecordHeaders(),
                Optional.empty());
    }
}

package dev.millrace.bench.peers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.bench.bed.Dialect;
import dev.millrace.schemas.ImageRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.IdentityHashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Crayfish's: a data point is the decimal text of its floats, and an answer repeats it beside the scores. The text of each image is
 * made once: what is measured is who answers.
 */
final class JsonDialect implements Dialect {
    private static final JsonMapper JSON = new JsonMapper();

    private final float mean;
    private final float scale;
    private final IdentityHashMap<ByteBuffer, String> texts = new IdentityHashMap<>();

    /** A float is (pixel - mean) x scale. */
    JsonDialect(float mean, float scale) {
        this.mean = mean;
        this.scale = scale;
    }

    @Override
    public byte[] request(ImageRequest request) {
        String point = texts.computeIfAbsent(request.getBytes(), this::text);
        return ("{\"creationTimestamp\":" + System.currentTimeMillis() + ",\"dataPoints\":[\"" + point + "\"]}")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private String text(ByteBuffer pixels) {
        StringBuilder text = new StringBuilder();
        for (int i = pixels.position(); i < pixels.limit(); i++) {
            text.append(i == pixels.position() ? "" : ",").append((Byte.toUnsignedInt(pixels.get(i)) - mean) * scale);
        }
        return text.toString();
    }

    @Override
    public Answer answer(ConsumerRecord<byte[], byte[]> record) throws IOException {
        JsonNode scores =
                JSON.readTree(JSON.readTree(record.value()).path("predictions").asText());
        JsonNode first = scores.path(0);
        if (first.isEmpty()) {
            throw new IOException("answer: no predictions (expected: a list of lists of numbers)");
        }
        int best = 0;
        for (int i = 1; i < first.size(); i++) {
            if (first.get(i).asDouble() > first.get(best).asDouble()) {
                best = i;
            }
        }
        return new Answer(
                IndexDialect.numberOf(record),
                record.timestamp() * 1000,
                best,
                first.get(best).asDouble(),
                0,
                Map.of());
    }
}

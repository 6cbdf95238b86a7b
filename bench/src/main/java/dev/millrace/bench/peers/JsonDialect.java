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
    /** Of a pixel's step, beside it: the text of a float is as long as that of the random ones that Crayfish sends, and not "0.5". */
    private static final float ALL_DIGITS = 1e-3f / 3;

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
        return ("{\"creationTimestamp\":" + System.currentTimeMillis() + ",\"dataPointSz1\":1,\"dataPointSz2\":"
                        + request.getBytes().remaining() + ",\"dataPoint\":\"" + point + "\",\"prediction\":null}")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private String text(ByteBuffer pixels) {
        StringBuilder text = new StringBuilder();
        for (int i = pixels.position(); i < pixels.limit(); i++) {
            text.append((Byte.toUnsignedInt(pixels.get(i)) - mean + ALL_DIGITS) * scale)
                    .append(',');
        }
        return text.toString();
    }

    @Override
    public Answer answer(ConsumerRecord<byte[], byte[]> record) throws IOException {
        JsonNode scores =
                JSON.readTree(JSON.readTree(record.value()).path("prediction").asText());
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

package dev.millrace.bench.peers;

import dev.millrace.bench.bed.Dialect;
import dev.millrace.bench.bed.WireDialect;
import dev.millrace.schemas.ImageRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What most peers speak: Millrace's requests; an answer is the index of the best class, an int, and its score, a float. */
final class IndexDialect implements Dialect {
    private static final int BYTES = Integer.BYTES + Float.BYTES;

    private final WireDialect wire = new WireDialect();

    @Override
    public byte[] request(ImageRequest request) {
        return wire.request(request);
    }

    @Override
    public Answer answer(ConsumerRecord<byte[], byte[]> record) throws IOException {
        if (record.value().length != BYTES) {
            throw new IOException("answer: " + record.value().length + " bytes (expected: " + BYTES + ")");
        }
        ByteBuffer value = ByteBuffer.wrap(record.value());
        return new Answer(numberOf(record), record.timestamp() * 1000, value.getInt(), value.getFloat(), 0, Map.of());
    }

    /** The request's number, from the key. */
    static long numberOf(ConsumerRecord<byte[], byte[]> record) {
        return Long.parseLong(new String(record.key(), StandardCharsets.US_ASCII));
    }
}

package dev.millrace.bench.peers;

import dev.millrace.bench.bed.Dialect;
import dev.millrace.bench.bed.WireDialect;
import dev.millrace.schemas.ImageRequest;
import java.io.IOException;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A worker's, but that an answer is complete when it is in the topic, as it is for everybody else here. */
final class AppendDialect implements Dialect {
    private final WireDialect wire = new WireDialect();

    @Override
    public byte[] request(ImageRequest request) {
        return wire.request(request);
    }

    @Override
    public Answer answer(ConsumerRecord<byte[], byte[]> record) throws IOException {
        Answer answer = wire.answer(record);
        return new Answer(
                answer.number(),
                record.timestamp() * 1000,
                answer.best(),
                answer.score(),
                answer.images(),
                answer.stageMicros());
    }
}

package dev.millrace.worker.lane;

import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.registry.Split;
import java.nio.ByteBuffer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** A request and the record that it came in, as a {@link Split} looks at them. */
record RequestTraits(ImageRequest request, ConsumerRecord<byte[], ByteBuffer> source) implements Split.Traits {
    @Override
    public String requestId() {
        return request.getRequestId();
    }

    @Override
    @SuppressWarnings("NullAway") // Kafka's own type says nothing of it: a record may have no key.
    public byte @Nullable [] key() {
        return source.key();
    }

    @Override
    public @Nullable String tag(String name) {
        return request.getTags().get(name);
    }

    @Override
    public byte @Nullable [] header(String name) {
        Header header = source.headers().lastHeader(name);
        return header == null ? null : header.value();
    }
}

package dev.millrace.worker.delivery;

import dev.millrace.worker.intake.ShareTerms;
import java.nio.ByteBuffer;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;

/** Makes a lane's Kafka clients, whose own threads are not pinned, whatever the thread that asks is. */
public interface Clients {
    /** A member of the consumer group; auto-commit off. */
    Consumer<byte[], ByteBuffer> groupMember();

    /** A member of the share group; every record is to be acknowledged. */
    ShareConsumer<byte[], ByteBuffer> shareMember();

    /** What the broker grants the share group; as of the worker's start. */
    ShareTerms shareTerms();

    /** A producer of results and dead letters, {@code acks=all}; transactional where the mode asks for it. */
    Producer<byte[], byte @Nullable []> producer();
}

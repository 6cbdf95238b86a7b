package dev.millrace.worker.delivery;

import java.nio.ByteBuffer;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;

/**
 * Makes a lane's Kafka clients. Threads that a client starts inherit the CPU mask of the thread that makes it: call from
 * a thread that is not pinned.
 */
public interface Clients {
    /** A member of the consumer group; auto-commit off. */
    Consumer<byte[], ByteBuffer> groupMember();

    /** A producer of results and dead letters, {@code acks=all}; transactional where the mode asks for it. */
    Producer<byte[], byte @Nullable []> producer();
}

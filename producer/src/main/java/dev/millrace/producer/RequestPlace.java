package dev.millrace.producer;

import dev.millrace.schemas.InferenceResult;

/**
 * Where a request is on Kafka: who has it finds the image without having seen the result.
 *
 * @param topic the requests topic
 * @param partition from 0
 * @param offset from 0
 */
public record RequestPlace(String topic, int partition, long offset) {
    /** Checks all three. */
    public RequestPlace {
        if (topic.isBlank() || partition < 0 || offset < 0) {
            throw new IllegalArgumentException("place: %s, %d, %d (expected: a topic, a partition and an offset from 0)"
                    .formatted(topic, partition, offset));
        }
    }

    /** Where the request of {@code receipt} was put. */
    public static RequestPlace of(Receipt receipt) {
        return new RequestPlace(receipt.topic(), receipt.partition(), receipt.offset());
    }

    /** Where the worker read the request that {@code result} answers. */
    public static RequestPlace of(InferenceResult result) {
        return new RequestPlace(result.getSourceTopic(), result.getSourcePartition(), result.getSourceOffset());
    }
}

package dev.millrace.producer;

import java.time.Instant;

/**
 * Kafka has a request: all in-sync replicas acknowledged it.
 *
 * @param requestId the image's own
 * @param topic the requests topic
 * @param partition where in it
 * @param offset where in the partition
 * @param createdAt when the client made the request, to the microsecond
 */
public record Receipt(String requestId, String topic, int partition, long offset, Instant createdAt) {}

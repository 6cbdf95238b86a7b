package dev.millrace.producer;

import java.time.Instant;

/**
 * Kafka has a request, or what somebody says of one: all in-sync replicas acknowledged it.
 *
 * @param requestId the image's own
 * @param topic the requests topic, or the feedback topic
 * @param partition where in it
 * @param offset where in the partition
 * @param createdAt when the client made the record, to the microsecond
 */
public record Receipt(String requestId, String topic, int partition, long offset, Instant createdAt) {}

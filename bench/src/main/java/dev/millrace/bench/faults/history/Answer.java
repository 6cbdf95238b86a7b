package dev.millrace.bench.faults.history;

import org.jspecify.annotations.Nullable;

/**
 * A record of the results or the dead-letter topic.
 *
 * @param at where it lies
 * @param digest CRC-32C (RFC 3720) of its value
 * @param letter whether it is a dead letter
 * @param sourcePartition partition of the request
 * @param sourceOffset offset of the request
 * @param requestId as the result says; null in a dead letter
 * @param label class index of the best label; null where there is none
 * @param model the version that answered; null where none did
 * @param lane worker and lane that answered, {@code worker-1/0}
 */
public record Answer(
        Position at,
        long digest,
        boolean letter,
        int sourcePartition,
        long sourceOffset,
        @Nullable String requestId,
        @Nullable Integer label,
        @Nullable ServedBy model,
        String lane) {
    /** A model version by number and content. */
    public record ServedBy(int version, String sha256) {}
}

package dev.millrace.producer;

import dev.millrace.schemas.InferenceResult;
import java.time.Duration;
import java.time.Instant;

/**
 * The one terminal answer to an awaited image, whatever its status.
 *
 * @param result as the worker wrote it; {@code result.getTimings()} has the worker's stages
 * @param createdAt when this client made the request
 * @param receivedAt when this client took the result from its consumer
 */
public record Answer(InferenceResult result, Instant createdAt, Instant receivedAt) {
    /** From the worker's hand-over to its producer to this client. Needs the two clocks to agree; never below 0. */
    public Duration publishDelay() {
        Duration delay = Duration.between(result.getCompletedAt(), receivedAt);
        return delay.isNegative() ? Duration.ZERO : delay;
    }

    /** From request to answer, both by this client's clock. */
    public Duration endToEnd() {
        return Duration.between(createdAt, receivedAt);
    }
}

package dev.millrace.producer;

import dev.millrace.schemas.InferenceResult;
import java.time.Instant;

/**
 * A result and when it arrived.
 *
 * @param result as the worker wrote it
 * @param receivedAt when this process took it from its consumer, by this machine's clock
 */
public record ReceivedResult(InferenceResult result, Instant receivedAt) {}

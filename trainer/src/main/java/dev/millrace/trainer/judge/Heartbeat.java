package dev.millrace.trainer.judge;

import dev.millrace.schemas.WorkerStatus;
import java.time.Instant;

/**
 * What a worker last said.
 *
 * @param at when the broker got it
 */
public record Heartbeat(WorkerStatus status, Instant at) {}

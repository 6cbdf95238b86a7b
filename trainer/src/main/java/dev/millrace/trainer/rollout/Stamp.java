package dev.millrace.trainer.rollout;

import java.time.Instant;

/**
 * Who decides, when and why.
 *
 * @param by user@host, or the name of a service
 * @param reason for people; may be empty
 */
public record Stamp(Instant at, String by, String reason) {}

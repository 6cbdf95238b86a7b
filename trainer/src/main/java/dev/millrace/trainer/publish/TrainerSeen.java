package dev.millrace.trainer.publish;

import dev.millrace.schemas.TrainerStatus;
import java.time.Duration;
import java.time.Instant;

/**
 * What a trainer last said of itself.
 *
 * @param heardAt by the broker's clock
 */
public record TrainerSeen(TrainerStatus status, Instant heardAt) {
    /** From which age of its last heartbeat on a trainer counts as gone. */
    public static final Duration PATIENCE = Duration.ofSeconds(15);

    /** Whether it has been heard of within that time. */
    public boolean isAlive(Instant now, Duration limit) {
        return heardAt.plus(limit).isAfter(now);
    }

    /** Whether it retrains that model, or would once it leads. */
    public boolean retrains(String model) {
        return status.getRoles().contains("retrain")
                && (status.getModel().isEmpty() || status.getModel().equals(model));
    }
}

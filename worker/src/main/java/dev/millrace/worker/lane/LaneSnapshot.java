package dev.millrace.worker.lane;

import dev.millrace.worker.model.Device;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a lane shows to others; immutable, replaced after every turn.
 *
 * @param lane number within the worker
 * @param device where it runs: {@code cpu:none} when it could not be pinned
 * @param partitions of the requests topic that it owns
 * @param answered source records settled since start
 * @param inFlight source records taken and not yet settled
 * @param lastError why the last turn failed; null once a turn has passed again
 */
public record LaneSnapshot(
        int lane,
        Device device,
        List<Integer> partitions,
        long answered,
        int inFlight,
        @Nullable String lastError) {
    /** Copies the list. */
    public LaneSnapshot {
        partitions = List.copyOf(partitions);
    }
}

package dev.millrace.worker.lane;

import dev.millrace.worker.model.Device;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a lane shows to others; immutable, replaced after every turn.
 *
 * @param lane number within the worker
 * @param asked where it is meant to run
 * @param device where it runs: {@code cpu:none} when it could not be pinned
 * @param partitions of the requests topic that it reads from, ascending
 * @param lags records that each partition is behind, where known; at most a second old
 * @param answered source records settled since start
 * @param inFlight source records taken and not yet settled
 * @param inFlightBytes requests and answers that wait for the broker's acknowledgement
 * @param batches session runs since start
 * @param images in those runs
 * @param lastFailure why the last turn that failed did so; null when none has
 */
public record LaneSnapshot(
        int lane,
        Device asked,
        Device device,
        List<Integer> partitions,
        Map<Integer, Long> lags,
        long answered,
        int inFlight,
        long inFlightBytes,
        long batches,
        long images,
        @Nullable LaneFailure lastFailure) {
    /** Copies the collections. */
    public LaneSnapshot {
        partitions = List.copyOf(partitions);
        lags = Map.copyOf(lags);
    }

    /** Why the last turn failed; null when it passed. */
    public @Nullable String lastError() {
        return lastFailure != null && lastFailure.ongoing() ? lastFailure.message() : null;
    }
}

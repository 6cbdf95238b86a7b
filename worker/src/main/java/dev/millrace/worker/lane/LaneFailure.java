package dev.millrace.worker.lane;

import java.time.Instant;

/**
 * Why a lane's turn failed.
 *
 * @param at when
 * @param ongoing false once a turn has passed again
 */
public record LaneFailure(String message, Instant at, boolean ongoing) {
    /** The same failure, when it is over. */
    LaneFailure over() {
        return ongoing ? new LaneFailure(message, at, false) : this;
    }
}

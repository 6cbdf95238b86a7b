package dev.millrace.worker.http;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code /status} tells of a worker, as JSON with these names.
 *
 * @param worker worker id
 * @param group consumer or share group
 * @param delivery mode: {@code at-least-once}, {@code exactly-once} or {@code queue}
 * @param state as on the status topic: STARTING, WAITING_FOR_MODEL, SERVING, DRAINING or UNHEALTHY
 * @param reasons why it is not live or not ready; empty when all is well
 * @param startedAt when the process started
 * @param models the versions that are loaded
 * @param rollouts what came of the last decision for each model, by version
 * @param lastError the latest failure of all lanes, also when it is over; null when there was none
 */
public record Status(
        String worker,
        String group,
        String delivery,
        String state,
        List<String> reasons,
        Instant startedAt,
        long uptimeSeconds,
        List<Lane> lanes,
        List<Model> models,
        List<Rollout> rollouts,
        @Nullable Failure lastError) {

    /** Copies the lists. */
    public Status {
        reasons = List.copyOf(reasons);
        lanes = List.copyOf(lanes);
        models = List.copyOf(models);
        rollouts = List.copyOf(rollouts);
    }

    /**
     * One lane as of its last turn.
     *
     * @param lane number within the worker
     * @param asked the device that the configuration gives it
     * @param device where its thread really runs, read back after pinning; {@code cpu:none} when it is not pinned
     * @param partitions those it reads from, ascending
     * @param inFlight what it has taken and not settled
     * @param answered source records settled since the start
     * @param batches session runs since the start
     * @param meanBatchSize images per session run; 0 before the first
     * @param lastError its latest failure, also when it is over; null when there was none
     */
    public record Lane(
            int lane,
            String asked,
            String device,
            List<Partition> partitions,
            InFlight inFlight,
            long answered,
            long batches,
            double meanBatchSize,
            @Nullable Failure lastError) {
        /** Copies the list. */
        public Lane {
            partitions = List.copyOf(partitions);
        }
    }

    /**
     * A partition of the requests topic.
     *
     * @param lag records behind the last one that can be read, at most a second old; null while not known
     */
    public record Partition(int partition, @Nullable Long lag) {}

    /**
     * What is taken and not settled.
     *
     * @param records source records
     * @param bytes of requests and answers that wait for the broker's acknowledgement
     */
    public record InFlight(int records, long bytes) {}

    /**
     * A failure and its time.
     *
     * @param ongoing whether it still is so
     */
    public record Failure(String message, Instant at, boolean ongoing) {}

    /**
     * A version that answers.
     *
     * @param leases batches that run on it just now
     */
    public record Model(String name, int version, String sha256, String precision, int leases) {}

    /**
     * A version that the last rollout decision for its model names.
     *
     * @param role CHAMPION, CHALLENGER or KEPT
     * @param epoch of the decision: its offset on the control topic
     * @param state LIVE, PREPARING or REFUSED
     * @param reason why it was refused; empty when live
     */
    public record Rollout(String model, int version, String role, long epoch, String state, String reason) {}
}

package dev.millrace.bench.faults.rig;

import dev.millrace.bench.faults.child.WorkerJvm;
import dev.millrace.worker.delivery.DeliveryMode;

/**
 * The size of a rig.
 *
 * @param number of the rig on its broker, from 1: topics and groups are never used twice
 * @param mode how its workers deliver
 * @param workers processes
 * @param lanes of each worker, not pinned
 * @param partitions of requests, results and dead letters
 * @param perSecond requests in a second while the load is on
 * @param seed of load, jitter and faults
 * @param jvm of each worker
 */
public record RigPlan(
        int number,
        DeliveryMode mode,
        int workers,
        int lanes,
        int partitions,
        int perSecond,
        long seed,
        WorkerJvm jvm) {
    /** Two workers of two lanes on four partitions: the least that has someone to take over on either level. */
    public static RigPlan small(int number, DeliveryMode mode, long seed) {
        return new RigPlan(number, mode, 2, 2, 4, 100, seed, WorkerJvm.BRIEF);
    }

    /** The same, for workers whose memory is watched, under a load of {@code perSecond}. */
    public static RigPlan watched(DeliveryMode mode, int perSecond, long seed) {
        RigPlan small = small(1, mode, seed);
        return new RigPlan(
                1, mode, small.workers(), small.lanes(), small.partitions(), perSecond, seed, WorkerJvm.WATCHED);
    }

    /** Prefix of its topics. */
    String prefix() {
        return mode + "-" + number + ".";
    }

    /** Its group. */
    String group() {
        return "bench-" + mode + "-" + number;
    }
}

package dev.millrace.bench.scale;

import dev.millrace.worker.delivery.DeliveryMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What {@code bench scale} measures.
 *
 * @param lanes of one worker
 * @param workers with {@link #LANES_OF_MANY} lanes each
 * @param run how long a session run takes
 * @param batch most images in a run
 * @param window how long the workers have to do in a round, about
 * @param warmUpImages that each worker answers before, as fast as it can
 * @param seed of the order of the groups
 */
record ScalePlan(
        List<Integer> lanes,
        List<Integer> workers,
        Duration run,
        int batch,
        DeliveryMode delivery,
        int rounds,
        Duration window,
        int warmUpImages,
        long seed) {
    /** Where there is more than one worker. */
    static final int LANES_OF_MANY = 4;

    ScalePlan {
        lanes = List.copyOf(lanes);
        workers = List.copyOf(workers);
    }

    /**
     * One group.
     *
     * @param lanes of each worker
     */
    record Group(int workers, int lanes) {
        int allLanes() {
            return workers * lanes;
        }

        @Override
        public String toString() {
            return workers + (workers == 1 ? " worker, " : " workers, ") + lanes + (lanes == 1 ? " lane" : " lanes");
        }
    }

    /** Without repetition, in the order given. */
    List<Group> groups() {
        Set<Group> groups = new LinkedHashSet<>();
        lanes.forEach(count -> groups.add(new Group(1, count)));
        workers.forEach(count -> groups.add(new Group(count, LANES_OF_MANY)));
        return new ArrayList<>(groups);
    }

    /** Images a second of so many lanes, if nothing but the runs took time. */
    double idealPerSecond(Group group) {
        return group.allLanes() * batch * 1e9 / run.toNanos();
    }
}

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
 * @param run how long a session run takes in one worker; in N of them N times as long, so that they have the same to do together
 * @param batch most images in a run
 * @param window how long the workers have to do in a round, about
 * @param warmUpImages that one worker answers before; of many, each a twentieth of them
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

    private static final int WARM_UP_HASTE = 5;
    private static final int WARM_UP_SHARE = 20;

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

    /** How long a session run takes in each worker of that group. */
    Duration run(Group group) {
        return run.multipliedBy(group.workers());
    }

    /** Images a second of so many lanes, if nothing but the runs took time. */
    double idealPerSecond(Group group) {
        return group.allLanes() * batch * 1e9 / run(group).toNanos();
    }

    /**
     * How long a session run takes while the compilers work. One worker may answer as fast as it can; many at once would leave the broker
     * no time to hear that their members are alive.
     */
    Duration warmUpRun(Group group) {
        return group.workers() == 1 ? Duration.ZERO : run(group).dividedBy(WARM_UP_HASTE);
    }

    /** Images that all workers of the group answer before; each has to see enough of them for its compilers, and the quick one needs few. */
    long warmUpImages(Group group) {
        return group.workers() == 1 ? warmUpImages : (long) warmUpImages * group.workers() / WARM_UP_SHARE;
    }
}

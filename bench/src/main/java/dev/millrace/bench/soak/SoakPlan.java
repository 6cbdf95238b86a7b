package dev.millrace.bench.soak;

import dev.millrace.worker.delivery.DeliveryMode;
import java.time.Duration;

/**
 * What is run.
 *
 * @param mode how the workers deliver
 * @param length of the load, the warm-up in it
 * @param perSecond requests in a second
 * @param swap time between two new model versions
 * @param seed of everything
 */
record SoakPlan(DeliveryMode mode, Duration length, int perSecond, Duration swap, long seed) {
    private static final Duration LONGEST_PERIOD = Duration.ofSeconds(30);
    private static final Duration LEAST_WARM_UP = Duration.ofMinutes(3);

    /** The load is judged, and its history dropped, after so long; a short soak has three periods. */
    Duration period() {
        Duration third = length.dividedBy(3);
        return third.compareTo(LONGEST_PERIOD) < 0 ? third : LONGEST_PERIOD;
    }

    /**
     * Classes are loaded, code is compiled, pools and arenas fill: a fifth of the time. That takes minutes however short the
     * soak is, so a short one gives half of its time to it.
     */
    Duration warmUp() {
        Duration fifth = length.dividedBy(5);
        Duration half = length.dividedBy(2);
        Duration least = half.compareTo(LEAST_WARM_UP) < 0 ? half : LEAST_WARM_UP;
        return fifth.compareTo(least) > 0 ? fifth : least;
    }
}

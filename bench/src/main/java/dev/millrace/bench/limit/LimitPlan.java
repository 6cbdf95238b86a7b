package dev.millrace.bench.limit;

import dev.millrace.bench.bed.Setup;
import java.time.Duration;
import java.util.List;

/**
 * What {@code bench limit} measures.
 *
 * @param rounds of each setup; in each, contestants run in another order
 * @param window how long a contestant works in a round, about
 * @param warmUp how long a worker works before the first round
 * @param seed of the orders
 */
record LimitPlan(List<Setup> setups, int rounds, Duration window, Duration warmUp, long seed) {
    LimitPlan {
        setups = List.copyOf(setups);
    }
}

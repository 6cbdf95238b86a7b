package dev.millrace.bench.load;

import dev.millrace.bench.bed.Setup;
import java.time.Duration;
import java.util.List;

/**
 * What {@code bench load} measures.
 *
 * @param loads in percent of the capacity
 * @param rounds of each setup; in each, the loads come in another order
 * @param window how long a load lasts
 * @param warmUp how long a worker works before the first round
 * @param seed of the orders and of the arrivals
 */
record LoadPlan(List<Setup> setups, List<Integer> loads, int rounds, Duration window, Duration warmUp, long seed) {
    LoadPlan {
        setups = List.copyOf(setups);
        loads = List.copyOf(loads);
    }
}

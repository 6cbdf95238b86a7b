package dev.millrace.bench.limit;

import dev.millrace.bench.bed.Setup;
import dev.millrace.worker.delivery.DeliveryMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code bench limit} measures.
 *
 * @param models {@code null} for the model that does nothing, or whatever stands for a model elsewhere
 * @param rounds of each case; in each, contestants run in another order
 * @param window how long a contestant works in a round, about
 * @param warmUp how long a worker works before the first round
 * @param seed of the orders
 */
record LimitPlan(
        List<String> models,
        List<Integer> lanes,
        List<DeliveryMode> deliveries,
        List<Integer> batches,
        int rounds,
        Duration window,
        Duration warmUp,
        long seed) {
    LimitPlan {
        models = List.copyOf(models);
        lanes = List.copyOf(lanes);
        deliveries = List.copyOf(deliveries);
        batches = List.copyOf(batches);
    }

    /** Every combination, one model after the other. */
    List<Setup> cases() {
        List<Setup> cases = new ArrayList<>();
        for (String model : models) {
            for (int count : lanes) {
                for (int batch : batches) {
                    for (DeliveryMode delivery : deliveries) {
                        cases.add(new Setup(model, count, delivery, batch));
                    }
                }
            }
        }
        return cases;
    }
}

package dev.millrace.bench.bed;

import dev.millrace.worker.delivery.DeliveryMode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One way to run a worker.
 *
 * @param model {@code null} for the model that does nothing, or whatever stands for a model elsewhere
 * @param lanes each pinned to a CPU of its own, unless they share a GPU
 * @param batch most images in a session run
 * @param settings of the worker beside these, as its {@code --set} takes them
 */
public record Setup(String model, int lanes, DeliveryMode delivery, int batch, List<String> settings) {
    /** Copies the settings. */
    public Setup {
        settings = List.copyOf(settings);
    }

    /**
     * Every combination, one model after the other.
     *
     * @throws IOException when a model cannot be read: now, and not after the setups before it
     */
    public static List<Setup> all(
            List<String> models,
            List<Integer> lanes,
            List<Integer> batches,
            List<DeliveryMode> deliveries,
            List<String> settings)
            throws IOException {
        List<Setup> setups = new ArrayList<>();
        for (String model : models) {
            Subject.of(model);
            for (int count : lanes) {
                for (int batch : batches) {
                    for (DeliveryMode delivery : deliveries) {
                        setups.add(new Setup(model, count, delivery, batch, settings));
                    }
                }
            }
        }
        return setups;
    }

    @Override
    public String toString() {
        return model + ", " + lanes + (lanes == 1 ? " lane, " : " lanes, ") + delivery + ", batch " + batch;
    }
}

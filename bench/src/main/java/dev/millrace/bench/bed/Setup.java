package dev.millrace.bench.bed;

import dev.millrace.worker.delivery.DeliveryMode;

/**
 * One way to run a worker.
 *
 * @param model {@code null} for the model that does nothing, or whatever stands for a model elsewhere
 * @param lanes each pinned to a CPU of its own
 * @param batch most images in a session run
 */
public record Setup(String model, int lanes, DeliveryMode delivery, int batch) {
    @Override
    public String toString() {
        return model + ", " + lanes + (lanes == 1 ? " lane, " : " lanes, ") + delivery + ", batch " + batch;
    }
}

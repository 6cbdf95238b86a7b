package dev.millrace.worker;

import dev.millrace.worker.delivery.DeliveryMode;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;

/**
 * The feature levels that a cluster has finalized (KIP-584).
 *
 * @param levels by feature name; a feature that is not there has level 0
 */
record BrokerFeatures(Map<String, Short> levels) {
    static BrokerFeatures of(Admin admin) throws ExecutionException, InterruptedException {
        return new BrokerFeatures(
                admin.describeFeatures().featureMetadata().get().finalizedFeatures().entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey, feature -> feature.getValue().maxVersionLevel())));
    }

    /**
     * Checks that the cluster can keep the promise of {@code mode}.
     *
     * @throws WorkerStartException when it cannot
     */
    void requireFor(DeliveryMode mode) throws WorkerStartException {
        switch (mode) {
            case AT_LEAST_ONCE -> {}
            // From 2 on a late end of one transaction cannot hit the next (KIP-890).
            case EXACTLY_ONCE -> require("transaction.version", 2, mode);
            case QUEUE -> require("share.version", 1, mode);
        }
    }

    private void require(String feature, int least, DeliveryMode mode) throws WorkerStartException {
        short level = levels.getOrDefault(feature, (short) 0);
        if (level < least) {
            throw new WorkerStartException(feature + ": " + level + " (expected: " + least + " for --delivery " + mode
                    + "; kafka-features.sh upgrade --feature " + feature + "=" + least + ")");
        }
    }
}

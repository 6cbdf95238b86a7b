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
    private static final String TRANSACTIONS = "transaction.version";

    /** From here on a late end of one transaction cannot hit the next (KIP-890). */
    private static final short TRANSACTIONS_SAFE = 2;

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
        short level = levels.getOrDefault(TRANSACTIONS, (short) 0);
        if (mode == DeliveryMode.EXACTLY_ONCE && level < TRANSACTIONS_SAFE) {
            throw new WorkerStartException(TRANSACTIONS + ": " + level + " (expected: " + TRANSACTIONS_SAFE
                    + " for --delivery " + mode + "; kafka-features.sh upgrade --feature " + TRANSACTIONS + "="
                    + TRANSACTIONS_SAFE + ")");
        }
    }
}

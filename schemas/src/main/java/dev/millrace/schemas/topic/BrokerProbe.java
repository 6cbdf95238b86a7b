package dev.millrace.schemas.topic;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;

/** Asks once whether a broker answers, so that a wrong address is an error in seconds and not a log line for ever. */
public final class BrokerProbe {
    /** How long a command waits for the first answer. */
    public static final Duration PATIENCE = Duration.ofSeconds(5);

    private BrokerProbe() {}

    /**
     * Returns when a broker has answered.
     *
     * @param client Kafka client properties, {@code bootstrap.servers} and security among them
     * @throws BrokerUnreachableException when none has after {@link #PATIENCE}
     */
    public static void requireBroker(Map<String, ?> client) throws BrokerUnreachableException, InterruptedException {
        Object address = client.get(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG);
        Map<String, Object> properties = new HashMap<>(client);
        int patience = (int) PATIENCE.toMillis();
        properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, patience);
        properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, patience);
        try (Admin admin = Admin.create(properties)) {
            admin.describeCluster().clusterId().get(patience, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            throw new BrokerUnreachableException("bootstrap: " + address
                    + " (expected: the address of a running Kafka broker; none answered within "
                    + PATIENCE.toSeconds() + " s)");
        }
    }
}

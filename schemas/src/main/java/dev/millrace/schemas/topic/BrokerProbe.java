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
import org.jspecify.annotations.Nullable;

/** Asks once whether a broker answers, so that a wrong address is an error in seconds and not a log line for ever. */
public final class BrokerProbe {
    /** How long a command waits for the first answer. */
    public static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final String SILENCE = "none answered within " + PATIENCE.toSeconds() + " s";

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
        } catch (TimeoutException e) {
            throw unreachable(address, SILENCE);
        } catch (ExecutionException e) {
            boolean silent = e.getCause() instanceof org.apache.kafka.common.errors.TimeoutException;
            throw unreachable(address, silent ? SILENCE : String.valueOf(e.getCause()));
        } catch (KafkaException e) {
            Throwable reason = e.getCause() == null ? e : e.getCause();
            throw unreachable(address, String.valueOf(reason.getMessage()));
        }
    }

    private static BrokerUnreachableException unreachable(@Nullable Object address, String reason) {
        return new BrokerUnreachableException(
                "bootstrap: " + address + " (expected: the address of a running Kafka broker; " + reason + ")");
    }
}

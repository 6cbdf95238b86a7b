package dev.millrace.worker.publish;

import dev.millrace.worker.publish.ReplyTopics.Place;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks by Kafka's admin client, which is made when somebody first asks, and never creates a topic. Any thread. */
final class AdminLookup implements ReplyTopics.Lookup, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AdminLookup.class);
    private static final int PATIENCE_MS = 2_000;

    private final Supplier<CompletableFuture<Admin>> admins;
    private @Nullable CompletableFuture<Admin> admin;
    private boolean closed;

    AdminLookup(Supplier<CompletableFuture<Admin>> admins) {
        this.admins = admins;
    }

    private synchronized CompletableFuture<Admin> admin() {
        if (closed) {
            return CompletableFuture.failedFuture(new IllegalStateException("admin client: closed (expected: open)"));
        }
        if (admin == null || admin.isCompletedExceptionally()) {
            admin = admins.get();
        }
        return admin;
    }

    @Override
    public CompletionStage<Map<String, Place>> look(Set<String> names) {
        return admin().thenCompose(client -> describe(client, names));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // What is returned ends with it.
    private static CompletionStage<Map<String, Place>> describe(Admin client, Set<String> names) {
        Map<String, Place> found = new ConcurrentHashMap<>();
        KafkaFuture<?>[] answers = client
                .describeTopics(
                        names,
                        new DescribeTopicsOptions().timeoutMs(PATIENCE_MS).includeAuthorizedOperations(true))
                .topicNameValues()
                .entrySet()
                .stream()
                .map(entry -> entry.getValue().whenComplete((topic, problem) -> {
                    Place place = topic != null ? place(topic) : missing(entry.getKey(), problem);
                    if (place != null) {
                        found.put(entry.getKey(), place);
                    }
                }))
                .toArray(KafkaFuture<?>[]::new);
        CompletableFuture<Map<String, Place>> all = new CompletableFuture<>();
        // Each has said for itself what is wrong with it.
        KafkaFuture.allOf(answers).whenComplete((nothing, problem) -> all.complete(found));
        return all;
    }

    private static Place place(TopicDescription topic) {
        Set<AclOperation> may = topic.authorizedOperations();
        return may == null || may.contains(AclOperation.WRITE)
                ? new Place(topic.partitions().size(), null)
                : Place.not(ReplyOutcome.NOT_AUTHORIZED);
    }

    private static @Nullable Place missing(String topic, Throwable problem) {
        if (problem instanceof UnknownTopicOrPartitionException || problem instanceof InvalidTopicException) {
            return Place.not(ReplyOutcome.UNKNOWN_TOPIC);
        }
        if (problem instanceof TopicAuthorizationException) {
            return Place.not(ReplyOutcome.NOT_AUTHORIZED);
        }
        log.debug("reply topic cannot be asked for topic={} error={}", topic, String.valueOf(problem));
        return null;
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // Whoever waits for it has gone.
    public synchronized void close() {
        closed = true;
        if (admin != null) {
            admin.thenAccept(client -> client.close(Duration.ZERO));
        }
    }
}

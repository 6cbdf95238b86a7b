package dev.millrace.schemas.topic;

import dev.millrace.schemas.topic.TopicState.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;

/** Creates the topics that are missing and verifies the ones that are there. Never changes an existing topic. */
public final class TopicProvisioner {
    private static final Duration PROPAGATION = Duration.ofSeconds(5);

    private final Admin admin;

    /** Works through {@code admin}, which stays the caller's to close. */
    public TopicProvisioner(Admin admin) {
        this.admin = admin;
    }

    /** Creates what is missing, then verifies all; one state per spec, in order. */
    public List<TopicState> createMissing(List<TopicSpec> specs) throws InterruptedException, ExecutionException {
        Set<String> created = create(specs);
        List<TopicState> states = awaitPresent(specs, PROPAGATION);
        awaitLeaders(
                states.stream().filter(state -> created.contains(state.name())).toList());
        return states.stream()
                .map(state -> created.contains(state.name()) && state.outcome() == Outcome.OK
                        ? new TopicState(state.name(), Outcome.CREATED, state.partitions(), "")
                        : state)
                .toList();
    }

    /**
     * Until the brokers know that they lead the partitions. A producer that is quicker has its first batch refused and may have the next one
     * taken: then it sends the first in vain, as out of order, until it gives up after {@code delivery.timeout.ms}.
     */
    private void awaitLeaders(List<TopicState> created) throws InterruptedException {
        Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
        for (TopicState state : created) {
            for (int partition = 0; partition < state.partitions(); partition++) {
                ends.put(new TopicPartition(state.name(), partition), OffsetSpec.latest());
            }
        }
        try {
            admin.listOffsets(ends, new ListOffsetsOptions().timeoutMs((int) PROPAGATION.toMillis()))
                    .all()
                    .get();
        } catch (ExecutionException e) {
            // The topics are there all the same; whoever writes to them will find out.
        }
    }

    /**
     * Verifies until every topic is there or {@code patience} has passed: a broker hears of a new topic a moment after
     * its creation was acknowledged.
     */
    public List<TopicState> awaitPresent(List<TopicSpec> specs, Duration patience)
            throws InterruptedException, ExecutionException {
        long deadline = System.nanoTime() + patience.toNanos();
        List<TopicState> states = verify(specs);
        while (states.stream().anyMatch(state -> state.outcome() == Outcome.MISSING) && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(100);
            states = verify(specs);
        }
        return states;
    }

    /** Compares what is there with the specs; one state per spec, in order. Changes nothing. */
    public List<TopicState> verify(List<TopicSpec> specs) throws InterruptedException, ExecutionException {
        Set<String> present = admin.listTopics().names().get();
        List<String> names =
                specs.stream().map(TopicSpec::name).filter(present::contains).toList();
        Map<String, TopicDescription> descriptions =
                admin.describeTopics(names).allTopicNames().get();
        Map<ConfigResource, Config> configs = admin.describeConfigs(
                        names.stream().map(TopicProvisioner::resource).toList())
                .all()
                .get();
        List<TopicState> states = new ArrayList<>();
        for (TopicSpec spec : specs) {
            TopicDescription description = descriptions.get(spec.name());
            Config config = configs.get(resource(spec.name()));
            if (description == null || config == null) {
                states.add(new TopicState(spec.name(), Outcome.MISSING, 0, "not there"));
            } else {
                states.add(compare(spec, description.partitions().size(), config));
            }
        }
        return states;
    }

    private Set<String> create(List<TopicSpec> specs) throws InterruptedException, ExecutionException {
        Set<String> present = admin.listTopics().names().get();
        List<NewTopic> missing = specs.stream()
                .filter(spec -> !present.contains(spec.name()))
                .map(spec -> new NewTopic(
                                spec.name(),
                                Optional.of(spec.partitions()),
                                spec.replication() < 0 ? Optional.empty() : Optional.of(spec.replication()))
                        .configs(spec.configs()))
                .toList();
        Map<String, KafkaFuture<Void>> pending = admin.createTopics(missing).values();
        Set<String> created = new HashSet<>();
        for (Map.Entry<String, KafkaFuture<Void>> creation : pending.entrySet()) {
            try {
                creation.getValue().get();
                created.add(creation.getKey());
            } catch (ExecutionException e) {
                // Somebody else created it between the list and now: verification will judge it.
                if (!(e.getCause() instanceof TopicExistsException)) {
                    throw e;
                }
            }
        }
        return created;
    }

    private static TopicState compare(TopicSpec spec, int partitions, Config config) {
        String wanted = spec.configs().get("cleanup.policy");
        String found = config.get("cleanup.policy").value();
        if (wanted != null && !wanted.equals(found)) {
            return new TopicState(
                    spec.name(),
                    Outcome.DIFFERENT,
                    partitions,
                    "cleanup.policy: " + found + " (expected: " + wanted + ")");
        }
        if (spec.partitions() == 1 && "compact".equals(wanted) && partitions != 1) {
            return new TopicState(
                    spec.name(), Outcome.DIFFERENT, partitions, "partitions: " + partitions + " (expected: 1)");
        }
        return new TopicState(spec.name(), Outcome.OK, partitions, "");
    }

    private static ConfigResource resource(String topic) {
        return new ConfigResource(ConfigResource.Type.TOPIC, topic);
    }
}

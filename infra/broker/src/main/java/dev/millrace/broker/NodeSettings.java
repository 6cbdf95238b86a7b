package dev.millrace.broker;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Kafka's settings for one node that is broker and controller, small in memory and quick to form groups. Whatever is
 * not here keeps Kafka's default.
 */
final class NodeSettings {

    static final int NODE_ID = 1;
    static final String CLIENT_LISTENER = "PLAINTEXT";
    static final String CONTROLLER_LISTENER = "CONTROLLER";

    private static final String INTERNAL_TOPIC_PARTITIONS = "4";

    private NodeSettings() {}

    static Map<String, String> of(Path logDirectory, int clientPort, int controllerPort) {
        Map<String, String> settings = new HashMap<>();
        settings.putAll(quorum(clientPort, controllerPort));
        settings.putAll(storage(logDirectory));
        settings.putAll(internalTopics());
        settings.putAll(groups());
        settings.putAll(threads());
        return settings;
    }

    private static Map<String, String> quorum(int clientPort, int controllerPort) {
        String client = CLIENT_LISTENER + "://127.0.0.1:" + clientPort;
        return Map.of(
                "process.roles",
                "broker,controller",
                "node.id",
                Integer.toString(NODE_ID),
                "listeners",
                client + "," + CONTROLLER_LISTENER + "://127.0.0.1:" + controllerPort,
                "advertised.listeners",
                client,
                "listener.security.protocol.map",
                CLIENT_LISTENER + ":PLAINTEXT," + CONTROLLER_LISTENER + ":PLAINTEXT",
                "controller.listener.names",
                CONTROLLER_LISTENER,
                // The voter is named by the settings, not by the log, so that a reopened node may have another port.
                "controller.quorum.voters",
                NODE_ID + "@127.0.0.1:" + controllerPort,
                "controller.quorum.append.linger.ms",
                "2");
    }

    private static Map<String, String> storage(Path logDirectory) {
        return Map.of(
                "log.dirs", logDirectory.toString(),
                "auto.create.topics.enable", "false",
                "log.segment.bytes", "268435456",
                // Index files are allocated whole where the file system has no sparse files.
                "log.index.size.max.bytes", "1048576",
                // The cleaner's default takes 128 MB of heap; this is about the least it accepts.
                "log.cleaner.dedupe.buffer.size", "2097152");
    }

    /** The replication factors are needed by a single broker: with the default of 3 groups and transactions hang. */
    private static Map<String, String> internalTopics() {
        return Map.of(
                "offsets.topic.replication.factor", "1",
                "offsets.topic.num.partitions", INTERNAL_TOPIC_PARTITIONS,
                "transaction.state.log.replication.factor", "1",
                "transaction.state.log.min.isr", "1",
                "transaction.state.log.num.partitions", INTERNAL_TOPIC_PARTITIONS,
                "transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000",
                "share.coordinator.state.topic.replication.factor", "1",
                "share.coordinator.state.topic.min.isr", "1",
                "share.coordinator.state.topic.num.partitions", INTERNAL_TOPIC_PARTITIONS);
    }

    /** Members join at once, and one that was killed is missed after ten seconds; groups may ask for less. */
    private static Map<String, String> groups() {
        Map<String, String> settings = new HashMap<>();
        settings.put("group.initial.rebalance.delay.ms", "0");
        settings.put("group.min.session.timeout.ms", "1000");
        for (String kind : new String[] {"group.consumer.", "group.share."}) {
            settings.put(kind + "min.heartbeat.interval.ms", "100");
            settings.put(kind + "heartbeat.interval.ms", "500");
            settings.put(kind + "min.session.timeout.ms", "1000");
            settings.put(kind + "session.timeout.ms", "10000");
            settings.put(kind + "assignment.interval.ms", "0");
        }
        settings.put("group.share.min.record.lock.duration.ms", "1000");
        return settings;
    }

    private static Map<String, String> threads() {
        return Map.of(
                "num.network.threads", "2",
                "num.io.threads", "4",
                "num.replica.fetchers", "1",
                "background.threads", "2",
                "num.recovery.threads.per.data.dir", "2",
                "group.coordinator.threads", "1",
                "remote.log.reader.threads", "1");
    }
}

package dev.millrace.broker;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import kafka.server.BrokerServer;
import kafka.server.ControllerServer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.server.Server;
import kafka.server.SharedServer;
import kafka.server.StandardFaultHandlerFactory;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.metadata.bootstrap.BootstrapMetadata;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.raft.QuorumConfig;
import org.apache.kafka.server.ServerSocketFactory;
import org.apache.kafka.server.common.Feature;
import org.slf4j.LoggerFactory;

/**
 * Kafka's KRaft server in this JVM, put together as {@code kafka.server.KafkaRaftServer} does it, but with sockets that
 * are bound already and without its tie to Log4j. Main thread only.
 *
 * @see <a href="https://cwiki.apache.org/confluence/display/KAFKA/KIP-500">KIP-500</a>
 */
final class KafkaNode implements AutoCloseable {

    private static final String META_PROPERTIES = "meta.properties";

    private final ControllerServer controller;
    private final BrokerServer broker;
    private final Metrics metrics;
    private final String bootstrapServers;

    private KafkaNode(ControllerServer controller, BrokerServer broker, Metrics metrics, String bootstrapServers) {
        this.controller = controller;
        this.broker = broker;
        this.metrics = metrics;
        this.bootstrapServers = bootstrapServers;
    }

    /**
     * Formats {@code data} if it is new, starts the node on the bound sockets, and returns when clients are served.
     *
     * @param overrides Kafka broker settings that win over {@link NodeSettings}
     * @throws BrokerException if Kafka cannot start, for example because another broker holds the directory
     */
    static KafkaNode start(Path data, LoopbackSockets sockets, Map<String, String> overrides) {
        try {
            Path log = Files.createDirectories(data.resolve("log"));
            if (!Files.exists(log.resolve(META_PROPERTIES))) {
                format(log);
            }
            KafkaNode node = create(log, sockets, overrides);
            try {
                node.controller.startup();
                node.broker.startup();
            } catch (Throwable e) {
                node.close();
                throw e;
            }
            return node;
        } catch (Exception e) {
            throw new BrokerException(
                    "Kafka cannot start in " + data + ": " + rootCause(e).getMessage(), e);
        }
    }

    private static void format(Path log) throws Exception {
        new Formatter()
                .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
                .setNodeId(NodeSettings.NODE_ID)
                .setClusterId(Uuid.randomUuid().toString())
                .setControllerListenerName(NodeSettings.CONTROLLER_LISTENER)
                .setMetadataLogDirectory(log.toString())
                .addDirectory(log.toString())
                .run();
    }

    private static KafkaNode create(Path log, LoopbackSockets sockets, Map<String, String> overrides) {
        Map<String, String> settings = NodeSettings.of(log, sockets.clientPort(), sockets.controllerPort());
        settings.putAll(overrides);
        KafkaConfig config = new KafkaConfig(settings, false);
        var logDirectories = KafkaRaftServer.initializeLogDirs(config, LoggerFactory.getLogger(KafkaNode.class), "");
        MetaPropertiesEnsemble identity = logDirectories._1();
        BootstrapMetadata bootstrap = logDirectories._2();
        Metrics metrics = Server.initializeMetrics(
                config, Time.SYSTEM, identity.clusterId().orElseThrow());
        SharedServer shared = shared(config, identity, metrics, sockets);
        BrokerServer broker = new BrokerServer(shared);
        ControllerServer controller = new ControllerServer(shared, KafkaRaftServer.configSchema(), bootstrap);
        return new KafkaNode(controller, broker, metrics, "127.0.0.1:" + sockets.clientPort());
    }

    private static SharedServer shared(
            KafkaConfig config, MetaPropertiesEnsemble identity, Metrics metrics, ServerSocketFactory sockets) {
        QuorumConfig quorum = config.quorumConfig();
        return new SharedServer(
                config,
                identity,
                Time.SYSTEM,
                metrics,
                CompletableFuture.completedFuture(QuorumConfig.parseVoterConnections(quorum.voters())),
                QuorumConfig.parseBootstrapServers(quorum.bootstrapServers()),
                new StandardFaultHandlerFactory(),
                sockets);
    }

    String bootstrapServers() {
        return bootstrapServers;
    }

    @Override
    public void close() {
        broker.shutdown();
        controller.shutdown();
        Utils.closeQuietly(metrics, "metrics");
    }

    private static Throwable rootCause(Throwable error) {
        Throwable cause = error;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}

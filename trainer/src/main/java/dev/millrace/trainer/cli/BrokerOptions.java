package dev.millrace.trainer.cli;

import dev.millrace.schemas.topic.Topics;
import dev.millrace.trainer.publish.ModelRegistry;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Where Kafka is. */
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class BrokerOptions {
    @Option(
            names = "--bootstrap",
            paramLabel = "HOST:PORT",
            defaultValue = "${env:MILLRACE_BOOTSTRAP:-127.0.0.1:9092}",
            description = "Kafka's address (default: $$MILLRACE_BOOTSTRAP, or 127.0.0.1:9092)")
    private String bootstrap;

    @Option(
            names = "--prefix",
            paramLabel = "P",
            defaultValue = Topics.DEFAULT_PREFIX,
            description = "topic prefix (default: ${DEFAULT-VALUE})")
    private String prefix;

    @Option(
            names = "--kafka",
            paramLabel = "KEY=VALUE",
            description = "a Kafka client setting, such as security.protocol; repeatable")
    private Map<String, String> settings = Map.of();

    ModelRegistry registry() {
        return new ModelRegistry(client(), topics());
    }

    /** For Kafka's clients. */
    Map<String, Object> client() {
        Map<String, Object> client = new HashMap<>(settings);
        client.put("bootstrap.servers", bootstrap);
        return client;
    }

    Topics topics() {
        return new Topics(prefix);
    }
}

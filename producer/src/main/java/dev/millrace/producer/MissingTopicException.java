package dev.millrace.producer;

import dev.millrace.schemas.topic.Topics;
import java.io.Serial;

/** A topic that the client needs is not there. The message says how to create it. */
public final class MissingTopicException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    MissingTopicException(String topic, ClientConfig config) {
        super("topic: " + topic + " (expected: an existing topic; run: millrace topics --bootstrap "
                + config.bootstrapServers() + prefixOption(config.topicPrefix()) + ")");
    }

    private static String prefixOption(String prefix) {
        return prefix.equals(Topics.DEFAULT_PREFIX) ? "" : " --prefix " + prefix;
    }
}

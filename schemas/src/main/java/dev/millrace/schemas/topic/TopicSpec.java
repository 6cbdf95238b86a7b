package dev.millrace.schemas.topic;

import java.util.Map;

/**
 * What a topic must be like.
 *
 * @param name full name, prefix included
 * @param partitions at least 1
 * @param replication copies of each partition; -1 leaves it to the broker
 * @param configs topic configuration to create it with; {@code cleanup.policy} is also verified
 */
public record TopicSpec(String name, int partitions, short replication, Map<String, String> configs) {
    /** Copies the settings. */
    public TopicSpec {
        configs = Map.copyOf(configs);
    }
}

package dev.millrace.schemas.topic;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Names of the topics of one Millrace, under a prefix.
 *
 * @param prefix put before every name, such as {@code millrace.}
 */
public record Topics(String prefix) {
    /** The prefix where none is configured. */
    public static final String DEFAULT_PREFIX = "millrace.";

    private static final Map<String, String> COMPACT = Map.of(
            "cleanup.policy", "compact",
            // Late joiners rebuild from the log: superseded records should not linger for the default week.
            "min.cleanable.dirty.ratio", "0.1",
            "segment.ms", "3600000");

    /** The broker's time: it would refuse a worker's that is more than an hour ahead. */
    private static final Map<String, String> STATUS = statusSettings();

    private static Map<String, String> statusSettings() {
        Map<String, String> settings = new HashMap<>(COMPACT);
        settings.put("message.timestamp.type", "LogAppendTime");
        return Map.copyOf(settings);
    }

    /** Checks the prefix. */
    public Topics {
        if (!prefix.matches("[A-Za-z0-9._-]{0,100}")) {
            throw new IllegalArgumentException(
                    "topic prefix: " + prefix + " (expected: at most 100 letters, digits, '.', '_' or '-')");
        }
    }

    /** The topics under the default prefix. */
    public static Topics standard() {
        return new Topics(DEFAULT_PREFIX);
    }

    /** Where producers publish images. */
    public String requests() {
        return prefix + "requests";
    }

    /** Where workers publish answers. */
    public String results() {
        return prefix + "results";
    }

    /** Where workers publish what challengers would have answered; no caller reads it. */
    public String shadowResults() {
        return prefix + "results.shadow";
    }

    /** Where requests go that cannot be answered with a label. */
    public String deadLetters() {
        return "dlq." + requests();
    }

    /** The model registry: one partition, compacted. */
    public String control() {
        return prefix + "control";
    }

    /** Model files in chunks, compacted. */
    public String artifacts() {
        return prefix + "artifacts";
    }

    /** Heartbeats of workers, which acknowledge, and of trainers, compacted. Keys: {@link StatusKey}. */
    public String status() {
        return prefix + "status";
    }

    /** True labels that come later. */
    public String feedback() {
        return prefix + "feedback";
    }

    /**
     * Every topic with the settings it needs.
     *
     * @param partitions of the topics that carry requests, results, shadow results, dead letters and feedback; at least 1
     * @param replication copies of each partition; -1 leaves it to the broker
     */
    public List<TopicSpec> catalogue(int partitions, short replication) {
        return List.of(
                new TopicSpec(requests(), partitions, replication, Map.of("cleanup.policy", "delete")),
                new TopicSpec(results(), partitions, replication, Map.of("cleanup.policy", "delete")),
                new TopicSpec(shadowResults(), partitions, replication, Map.of("cleanup.policy", "delete")),
                new TopicSpec(deadLetters(), partitions, replication, Map.of("cleanup.policy", "delete")),
                new TopicSpec(control(), 1, replication, COMPACT),
                new TopicSpec(artifacts(), 1, replication, COMPACT),
                new TopicSpec(status(), 1, replication, STATUS),
                new TopicSpec(feedback(), partitions, replication, Map.of("cleanup.policy", "delete")));
    }
}

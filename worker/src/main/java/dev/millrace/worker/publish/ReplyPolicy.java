package dev.millrace.worker.publish;

import dev.millrace.schemas.topic.TopicSpec;
import dev.millrace.schemas.topic.Topics;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * To which topics requests may have their results copied. Whoever can write a request names the topic, and the worker writes
 * to it with its own rights: therefore only what is named here, and never a topic of Kafka or of this Millrace.
 *
 * @param prefixes what the name of such a topic begins with; none: no reply is sent
 * @param results the results topic: what is waited for there is there anyway
 * @param reserved topics of this Millrace
 */
public record ReplyPolicy(List<String> prefixes, String results, Set<String> reserved) {
    /** No reply is sent. */
    public static final ReplyPolicy NONE = new ReplyPolicy(List.of(), "", Set.of());

    private static final String OF_KAFKA = "__";

    /** Copies the names. */
    public ReplyPolicy {
        prefixes = List.copyOf(prefixes);
        reserved = Set.copyOf(reserved);
    }

    /**
     * Reads a setting: prefixes, comma separated, or nothing.
     *
     * @throws IllegalArgumentException when no topic can begin so
     */
    public static ReplyPolicy parse(String text, Topics topics) {
        List<String> prefixes = text.isBlank()
                ? List.of()
                : Stream.of(text.split(",", -1)).map(String::strip).toList();
        for (String prefix : prefixes) {
            if (!prefix.matches("[A-Za-z0-9._-]{1,249}")) {
                throw new IllegalArgumentException(
                        (prefix.isEmpty() ? "nothing between commas" : prefix)
                                + " (expected: beginnings of topic names, comma separated, of letters, digits, '.', '_' or '-')");
            }
        }
        Set<String> own =
                topics.catalogue(1, (short) -1).stream().map(TopicSpec::name).collect(Collectors.toSet());
        return new ReplyPolicy(prefixes, topics.results(), own);
    }

    /** Whether a request may name this topic. */
    boolean allows(String topic) {
        return !topic.startsWith(OF_KAFKA)
                && !reserved.contains(topic)
                && prefixes.stream().anyMatch(topic::startsWith);
    }
}

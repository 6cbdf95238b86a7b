package dev.millrace.worker.delivery;

import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a worker promises about each request, as the {@code delivery} setting names it. */
public enum DeliveryMode {
    /** Consumer group; offsets are committed behind the acknowledgements. A fault can repeat answers, never lose one. */
    AT_LEAST_ONCE("at-least-once"),
    /** Consumer group; answers and offsets become visible together, in a transaction (KIP-98, KIP-447, KIP-890). */
    EXACTLY_ONCE("exactly-once"),
    /** Share group (KIP-932): lanes beyond the partitions work too; no order, and a fault can repeat answers. */
    QUEUE("queue");

    private final String word;

    DeliveryMode(String word) {
        this.word = word;
    }

    /**
     * Reads a setting.
     *
     * @throws IllegalArgumentException when it names no mode
     */
    public static DeliveryMode parse(String text) {
        return Stream.of(values())
                .filter(mode -> mode.word.equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(text + " (expected: "
                        + Stream.of(values()).map(mode -> mode.word).collect(Collectors.joining(", ")) + ")"));
    }

    @Override
    public String toString() {
        return word;
    }
}

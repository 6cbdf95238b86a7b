package dev.millrace.producer.deadletter;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a record is on its topic; reads and prints as {@code partition@offset}.
 *
 * @param partition from 0
 * @param offset from 0
 */
public record Position(int partition, long offset) implements Comparable<Position> {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,9})@([0-9]{1,18})");
    private static final Comparator<Position> ORDER =
            Comparator.comparingInt(Position::partition).thenComparingLong(Position::offset);

    /**
     * Reads {@code partition@offset}.
     *
     * @throws IllegalArgumentException when {@code text} has another form
     */
    public static Position parse(String text) {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("position: " + text + " (expected: PARTITION@OFFSET, such as 0@17)");
        }
        return new Position(Integer.parseInt(parts.group(1)), Long.parseLong(parts.group(2)));
    }

    @Override
    public int compareTo(Position other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return partition + "@" + offset;
    }
}

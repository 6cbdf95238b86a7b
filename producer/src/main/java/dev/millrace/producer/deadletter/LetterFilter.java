package dev.millrace.producer.deadletter;

import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which letters to read; a letter must meet every condition.
 *
 * @param reasons error classes in upper case; empty for any
 * @param since earliest time; null for any
 * @param partition of the dead-letter topic; null for any
 * @param positions these letters and no others; empty for any
 * @param limit most letters; null for all
 */
public record LetterFilter(
        Set<String> reasons,
        @Nullable Instant since,
        @Nullable Integer partition,
        Set<Position> positions,
        @Nullable Long limit) {
    /** Every letter. */
    public static final LetterFilter ALL = new LetterFilter(Set.of(), null, null, Set.of(), null);

    /** Checks every value. */
    public LetterFilter {
        reasons = Set.copyOf(reasons);
        positions = Set.copyOf(positions);
        if (partition != null && partition < 0) {
            throw new IllegalArgumentException("partition: " + partition + " (expected: 0 or more)");
        }
        if (limit != null && limit < 1) {
            throw new IllegalArgumentException("limit: " + limit + " (expected: 1 or more)");
        }
    }

    /** These letters and no others. */
    public static LetterFilter of(Set<Position> positions) {
        return new LetterFilter(Set.of(), null, null, positions, null);
    }

    /** Whether {@code letter} meets every condition but the limit. */
    boolean admits(DeadLetter letter) {
        String reason = letter.reason();
        return (reasons.isEmpty() || (reason != null && reasons.contains(reason)))
                && (since == null || !letter.time().isBefore(since))
                && admits(letter.position().partition())
                && (positions.isEmpty() || positions.contains(letter.position()));
    }

    /** Whether letters of a partition can meet the conditions. */
    boolean admits(int candidate) {
        return (partition == null || partition == candidate)
                && (positions.isEmpty() || positions.stream().anyMatch(wanted -> wanted.partition() == candidate));
    }

    /** The named letters on one partition, in order; empty when none is named. */
    TreeSet<Long> offsets(int onPartition) {
        TreeSet<Long> offsets = new TreeSet<>();
        positions.stream()
                .filter(wanted -> wanted.partition() == onPartition)
                .forEach(wanted -> offsets.add(wanted.offset()));
        return offsets;
    }
}

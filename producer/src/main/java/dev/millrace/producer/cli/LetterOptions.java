package dev.millrace.producer.cli;

import dev.millrace.producer.deadletter.LetterFilter;
import dev.millrace.producer.deadletter.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which letters a command is about. */
final class LetterOptions {
    @Parameters(
            arity = "0..*",
            paramLabel = "LETTER",
            converter = PositionConverter.class,
            description = "Letters by PARTITION@OFFSET, as list prints them.")
    private List<Position> letters = List.of();

    @Option(
            names = "--reason",
            paramLabel = "CLASS",
            split = ",",
            description = "Only letters of this error class, such as CRC_MISMATCH; may be given again.")
    private List<String> reasons = List.of();

    @Option(
            names = "--since",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "Only requests published in the last 30m, 24h...")
    private @Nullable Duration since;

    @Option(names = "--partition", paramLabel = "N", description = "Only this partition of the dead-letter topic.")
    private @Nullable Integer partition;

    @Option(names = "--limit", paramLabel = "N", description = "At most N letters, the oldest of each partition first.")
    private @Nullable Long limit;

    LetterFilter filter(Instant now) {
        return new LetterFilter(
                reasons.stream().map(reason -> reason.toUpperCase(Locale.ROOT)).collect(Collectors.toSet()),
                since == null ? null : now.minus(since),
                partition,
                named(),
                limit);
    }

    /** Letters that were asked for one by one. */
    Set<Position> named() {
        return Set.copyOf(letters);
    }

    /** Whether anything narrows the letters down. */
    boolean narrow() {
        return !letters.isEmpty() || !reasons.isEmpty() || since != null || partition != null || limit != null;
    }
}

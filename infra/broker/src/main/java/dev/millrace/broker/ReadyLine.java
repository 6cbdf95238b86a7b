package dev.millrace.broker;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.utils.internals.AppInfoParser;

/** The one line that the broker process prints once it answers; its parent waits for it. */
record ReadyLine(String bootstrapServers, Path data) {

    private static final Pattern TEXT = Pattern.compile("Kafka \\S+ ready at (\\S+:\\d+) \\(data: (.+)\\)");

    String text() {
        return "Kafka %s ready at %s (data: %s)".formatted(AppInfoParser.getVersion(), bootstrapServers, data);
    }

    static Optional<ReadyLine> parse(String line) {
        Matcher matcher = TEXT.matcher(line);
        return matcher.matches()
                ? Optional.of(new ReadyLine(matcher.group(1), Path.of(matcher.group(2))))
                : Optional.empty();
    }
}

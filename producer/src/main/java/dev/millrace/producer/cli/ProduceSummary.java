package dev.millrace.producer.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.picture.CountLines;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The end of a run, for people or for programs.
 *
 * @param counts what became of the images
 * @param awaited whether answers were waited for
 */
record ProduceSummary(Tally.Counts counts, boolean awaited) {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final int FOUND_COLUMNS = 66;

    /** Whether everything that was asked for happened. */
    boolean complete() {
        return counts.unreadable() == 0
                && counts.notPublished() == 0
                && counts.unanswered() == 0
                && counts.published() > 0;
    }

    String text() {
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT, "published     %,d in %.2f s (%,.0f images/s)%n", counts.published(), seconds(), rate()));
        if (awaited) {
            text.append(String.format("answered      %s%n", answers()));
            appendFound(text);
            appendIfAny(text, "not answered", counts.unanswered());
        }
        appendIfAny(text, "not published", counts.notPublished());
        appendIfAny(text, "unreadable", counts.unreadable());
        return text.toString();
    }

    private void appendFound(StringBuilder text) {
        if (counts.found().isEmpty()) {
            return;
        }
        List<String> lines = CountLines.of(counts.found(), FOUND_COLUMNS);
        for (int i = 0; i < lines.size(); i++) {
            text.append(String.format("%-13s %s%n", i == 0 ? "found" : "", SafeText.of(lines.get(i))));
        }
    }

    String json() {
        ObjectNode json = JsonMapper.builder().build().createObjectNode();
        json.put("published", counts.published());
        if (awaited) {
            counts.answers().forEach((status, count) -> json.put(status.name().toLowerCase(Locale.ROOT), count));
            json.put("unanswered", counts.unanswered());
            if (!counts.found().isEmpty()) {
                counts.found().forEach(json.putObject("counts")::put);
            }
        }
        json.put("not_published", counts.notPublished());
        json.put("unreadable", counts.unreadable());
        json.put("seconds", seconds());
        json.put("images_per_second", rate());
        return json.toString();
    }

    private static void appendIfAny(StringBuilder text, String name, long count) {
        if (count > 0) {
            text.append(String.format(Locale.ROOT, "%-13s %,d%n", name, count));
        }
    }

    private String answers() {
        String byStatus = counts.answers().entrySet().stream()
                .filter(entry -> entry.getValue() > 0 || entry.getKey() == ResultStatus.OK)
                .map(entry -> String.format(Locale.ROOT, "%s %,d", entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(", "));
        return String.format(Locale.ROOT, "%,d (%s)", counts.answered(), byStatus);
    }

    private double seconds() {
        return counts.nanos() / NANOS_PER_SECOND;
    }

    /** Images per second: answered where answers are awaited, published otherwise. */
    private double rate() {
        long images = awaited ? counts.answered() : counts.published();
        return counts.nanos() == 0 ? 0 : images / seconds();
    }
}

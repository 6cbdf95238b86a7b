package dev.millrace.trainer.judge;

import dev.millrace.schemas.RolloutEvent;
import dev.millrace.trainer.rollout.ActionWords;
import dev.millrace.trainer.rollout.TrialCommand;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A trial as a page for people: one HTML file that needs no other. */
public final class TrialReport {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private TrialReport() {}

    /**
     * What was known at one look.
     *
     * @param figures as they go on record
     */
    public record Point(Instant at, Map<String, Double> figures) {
        /** Both versions' own values of a figure, where they have one. */
        Map<String, Double> of(Figure figure) {
            Map<String, Double> values = new TreeMap<>();
            for (String version : List.of("champion", "challenger")) {
                Double value = figures.get(version + "." + figure.key());
                if (value != null) {
                    values.put(version, value);
                }
            }
            return values;
        }
    }

    /**
     * Writes the page.
     *
     * @param latest the last look
     * @param points what was known at looks until then, in order
     * @param story what was decided about the model last; of it, what is about the challenger
     */
    public static String html(Judgement latest, List<Point> points, List<RolloutEvent> story) {
        OpenTrial trial = latest.trial();
        StringBuilder page = new StringBuilder();
        add(
                page,
                """
                <!DOCTYPE html>
                <html lang="en"><head><meta charset="utf-8"><title>%1$s: version %2$d on trial</title>
                <style>
                body { font-family: sans-serif; max-width: 60em; margin: 2em auto; color: #222; }
                table { border-collapse: collapse; } td, th { padding: .3em .8em; border-bottom: 1px solid #ddd; text-align: left; }
                .HARM { color: #b00020; } .FINE { color: #1b7a3d; } .OPEN { color: #777; }
                .when { white-space: nowrap; }
                </style></head><body>
                <h1>%1$s: version %2$d on trial against version %3$d</h1>
                <p>%4$s, %5$s of the requests, since %6$s; seen at %7$s (UTC).</p>
                <p><strong>%8$s</strong>: %9$s</p>
                """,
                escaped(trial.model()),
                trial.challenger(),
                trial.champion(),
                trial.kind().name().toLowerCase(Locale.ROOT),
                TrialCommand.percent(trial.share()),
                TIME.format(trial.steppedAt()),
                TIME.format(latest.at()),
                ActionWords.of(latest.verdict().action()),
                escaped(latest.verdict().reason()));
        figures(page, latest);
        for (Figure figure : Figure.values()) {
            if (points.stream().anyMatch(point -> !point.of(figure).isEmpty())) {
                page.append(new Chart(figure, points).svg());
            }
        }
        story(page, trial, story);
        return page.append("</body></html>\n").toString();
    }

    private static void figures(StringBuilder page, Judgement latest) {
        Evidence seen = latest.seen();
        add(
                page,
                """
                <table><tr><th></th><th>champion</th><th>challenger</th><th>worse by</th><th>allowed</th><th></th></tr>
                <tr><td>results</td><td>%,d</td><td>%,d</td><td></td><td></td><td></td></tr>
                <tr><td>with labels</td><td>%,d</td><td>%,d</td><td></td><td></td><td></td></tr>
                """,
                seen.champion().results(),
                seen.challenger().results(),
                seen.champion().labelled(),
                seen.challenger().labelled());
        for (Comparison comparison : latest.comparisons()) {
            Figure figure = comparison.figure();
            add(
                    page,
                    "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s to %s</td><td>%s</td><td class=\"%s\">%s</td></tr>%n",
                    figure.key(),
                    figure.own(comparison.champion()),
                    figure.own(comparison.challenger()),
                    figure.difference(comparison.worse().low()),
                    figure.difference(comparison.worse().high()),
                    figure.difference(comparison.limit()),
                    comparison.finding(),
                    switch (comparison.finding()) {
                        case FINE -> "within its limit";
                        case OPEN -> latest.asked().contains(comparison) ? "not proven" : "not asked";
                        case HARM -> "beyond its limit";
                    });
        }
        add(
                page,
                """
                </table>
                <p>The intervals hold at every look (beta mixture martingale). %,d requests were forgotten before a label came.
                %d of %d live workers serve both versions.</p>
                """,
                seen.forgotten(),
                latest.workers().acknowledged(),
                latest.workers().live());
    }

    private static void story(StringBuilder page, OpenTrial trial, List<RolloutEvent> story) {
        page.append(
                "<h2>What was decided</h2>\n<table><tr><th>when (UTC)</th><th></th><th>share</th><th>by</th><th>why</th></tr>\n");
        story.stream()
                .filter(event -> event.getVersion() == trial.challenger())
                .forEach(event -> add(
                        page,
                        "<tr><td class=\"when\">%s</td><td class=\"when\">%s</td><td>%s</td><td>%s</td><td>%s</td></tr>%n",
                        TIME.format(event.getDecidedAt()),
                        ActionWords.of(event.getAction()),
                        event.getShare() == 0 ? "" : TrialCommand.percent(event.getShare()),
                        escaped(event.getDecidedBy()),
                        escaped(event.getReason())));
        page.append("</table>\n");
    }

    private static void add(StringBuilder to, String format, Object... values) {
        to.append(String.format(Locale.ROOT, format, values));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}

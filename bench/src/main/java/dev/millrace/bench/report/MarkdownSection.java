package dev.millrace.bench.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.bench.bed.SetupOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The figures as Markdown, and the place of a document where they stand, between two comments. Pure. */
final class MarkdownSection {
    /** The line before the section. */
    static final String BEGIN = "<!-- made by `millrace bench report --readme`: begin -->";

    /** The line after it. */
    static final String END = "<!-- made by `millrace bench report --readme`: end -->";

    private MarkdownSection() {}

    /**
     * The document with these results in place of the former ones.
     *
     * @throws IOException when it has no such place
     */
    static String replace(String document, Results results) throws IOException {
        int begin = document.indexOf(BEGIN);
        int end = document.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IOException(
                    "section: none (expected: a line \"" + BEGIN + "\" and, below, a line \"" + END + "\")");
        }
        return document.substring(0, begin + BEGIN.length()) + "\n" + of(results) + "\n" + document.substring(end);
    }

    /** The tables of what was measured, each with what it was measured on. */
    static String of(Results results) {
        List<String> parts = new ArrayList<>();
        JsonNode limit = results.of("limit");
        if (!limit.isMissingNode()) {
            parts.add(command("limit", limit, List.of()) + machine(limit) + ":\n\n" + limit(limit));
        }
        JsonNode load = results.of("load");
        if (!load.isMissingNode()) {
            String loads = eachOnce(load.path("models").findValuesAsText("percent"));
            parts.add(command("load", load, List.of("--load", loads)) + machine(load)
                    + "; milliseconds from request to answer:\n\n" + load(load));
        }
        JsonNode scale = results.of("scale");
        if (!scale.isMissingNode()) {
            parts.add("`./millrace bench scale" + groups(scale) + rounds(scale) + "`; " + machine(scale)
                    + "; a session run waits "
                    + number(scale.path("settings").path("run_ms").asDouble(), 0) + " ms for each worker:\n\n"
                    + scale(scale));
        }
        JsonNode peers = results.of("peers");
        if (!peers.isMissingNode()) {
            parts.add(peers(peers));
        }
        return String.join("\n\n", parts);
    }

    private static String peers(JsonNode report) {
        JsonNode settings = report.path("settings");
        List<String> parts = new ArrayList<>();
        String set = settings.path(SetupOptions.SET).asText();
        parts.add("`./millrace bench peers --model " + settings.path("model").asText() + " --threads "
                + settings.path("threads").asText() + " --load "
                + settings.path("load_percent").asText()
                + (set.isEmpty() ? "" : " --set " + set.replace(" ", " --set ")) + rounds(report) + "`; "
                + machine(report) + "; load: " + settings.path("load_percent").asText() + " % of what "
                + settings.path("load_of").asText()
                + " can do, or, where a contestant cannot carry that (*), of its own:");
        if (!report.path("contestants").isEmpty()) {
            parts.add(table(
                    List.of(
                            "contestant",
                            "model",
                            "images/s",
                            "images a CPU second",
                            "load/s",
                            "p50 ms",
                            "p99 ms",
                            "RSS, MB",
                            "lines of user code"),
                    report.path("contestants"),
                    row -> List.of(
                            row.path("name").asText(),
                            row.path("precision").asText(),
                            figure(row.path("figures").path("images_per_second"), 0),
                            figure(row.path("figures").path("images_per_cpu_second"), 0),
                            number(row.path("load_per_second").asDouble(), 0)
                                    + (row.path("equal_load").asBoolean() ? "" : " *"),
                            figure(row.path("figures").path("p50_ms"), 1),
                            figure(row.path("figures").path("p99_ms"), 1),
                            number(row.path("rss_mb").asDouble(), 0),
                            row.path("lines_of_user_code").asText())));
        }
        if (!report.path("crayfish").isEmpty()) {
            parts.add("Crayfish's FFNN, fp32, one image in a message and in a session run, by its own definitions:");
            parts.add(table(
                    List.of("contestant", "offered/s", "throughput/s", "mean latency, ms"),
                    report.path("crayfish"),
                    row -> List.of(
                            row.path("name").asText(),
                            number(row.path("offered_per_second").asDouble(), 0),
                            number(row.path("throughput_per_second").asDouble(), 0),
                            number(row.path("mean_latency_ms").asDouble(), 1))));
        }
        return String.join("\n\n", parts);
    }

    /** One worker of so many lanes, and so many workers of as many lanes as those have. */
    private static String groups(JsonNode scale) {
        List<String> lanes = new ArrayList<>();
        List<String> workers = new ArrayList<>();
        for (JsonNode group : scale.path("groups")) {
            List<String> growing = group.path("workers").asInt() == 1 ? lanes : workers;
            growing.add(group.path(growing == lanes ? "lanes" : "workers").asText());
        }
        return (lanes.isEmpty() ? "" : " --lanes " + eachOnce(lanes))
                + (workers.isEmpty() ? "" : " --workers " + eachOnce(workers));
    }

    /** What measures the same setups again, and what the worker was told. */
    private static String command(String kind, JsonNode report, List<String> more) {
        List<String> words = new ArrayList<>(List.of("./millrace", "bench", kind));
        for (String option : List.of("model", "lanes", "batch", "delivery")) {
            List<String> values = new ArrayList<>();
            report.path("models").forEach(row -> values.add(row.path(option).asText()));
            words.addAll(List.of("--" + option, eachOnce(values)));
        }
        String device = report.path("settings").path("device").asText();
        if (!device.isEmpty()) {
            words.addAll(List.of("--device", device));
        }
        words.addAll(more);
        for (String setting :
                report.path("settings").path(SetupOptions.SET).asText().split(" ", -1)) {
            if (!setting.isEmpty()) {
                words.addAll(List.of("--set", setting));
            }
        }
        return "`" + String.join(" ", words) + rounds(report) + "`; worker: "
                + report.path("settings").path("worker").asText() + "; ";
    }

    private static String rounds(JsonNode report) {
        JsonNode settings = report.path("settings");
        String seconds =
                number(settings.path("window_ms").asDouble() / 1_000, 1).replaceFirst("\\.0$", "");
        return " --rounds " + settings.path("rounds").asText() + " --seconds " + seconds + " --seed "
                + report.path("seed").asText();
    }

    private static String eachOnce(List<String> values) {
        return values.stream().distinct().collect(Collectors.joining(","));
    }

    private static String machine(JsonNode report) {
        JsonNode environment = report.path("environment");
        String commit = environment.path("commit").asText();
        String quick =
                report.path("settings").path("quick").asBoolean() ? "a quick run, whose figures mean nothing, " : "";
        return quick
                + "%s, %d CPUs, %s%s"
                        .formatted(
                                environment.path("cpu").asText(),
                                environment.path("cpus").asInt(),
                                environment.path("at").asText().replaceFirst("T.*", ""),
                                commit.isEmpty()
                                        ? ""
                                        : ", commit " + commit.substring(0, Math.min(10, commit.length())));
    }

    private static String limit(JsonNode report) {
        return table(
                List.of(
                        "model",
                        "delivery",
                        "lanes",
                        "batch",
                        "raw images/s",
                        "worker images/s",
                        "of raw",
                        "core µs an image"),
                report.path("models"),
                row -> List.of(
                        row.path("model").asText(),
                        row.path("delivery").asText(),
                        row.path("lanes").asText(),
                        row.path("batch").asText(),
                        number(row.path("raw_images_per_second").asDouble(), 0),
                        number(row.path("lane_images_per_second").asDouble(), 0),
                        figure(row.path("figures").path("lane_over_raw"), 3),
                        figure(row.path("figures").path("overhead_core_us_per_image"), 1)));
    }

    private static String load(JsonNode report) {
        List<JsonNode> levels = new ArrayList<>();
        List<JsonNode> setups = new ArrayList<>();
        report.path("models").forEach(setup -> setup.path("loads").forEach(level -> {
            levels.add(level);
            setups.add(setup);
        }));
        List<List<String>> rows = new ArrayList<>();
        for (int i = 0; i < levels.size(); i++) {
            JsonNode setup = setups.get(i);
            JsonNode level = levels.get(i);
            rows.add(List.of(
                    setup.path("model").asText(),
                    setup.path("delivery").asText(),
                    setup.path("lanes").asText(),
                    setup.path("batch").asText(),
                    number(setup.path("capacity").path("median").asDouble(), 0),
                    level.path("percent").asText() + " %",
                    figure(level.path("ms_p50"), 1),
                    figure(level.path("ms_p99"), 1),
                    figure(level.path("ms_p999"), 1)));
        }
        return table(
                List.of("model", "delivery", "lanes", "batch", "capacity, images/s", "load", "p50", "p99", "p99.9"),
                rows);
    }

    private static String scale(JsonNode report) {
        return table(
                List.of(
                        "workers",
                        "lanes in all",
                        "ms a run",
                        "images/s",
                        "of ideal",
                        "core µs an image, all",
                        "s to join"),
                report.path("groups"),
                row -> List.of(
                        row.path("workers").asText(),
                        Integer.toString(
                                row.path("workers").asInt() * row.path("lanes").asInt()),
                        number(row.path("run_ms").asDouble(), 0),
                        number(row.path("images_per_second").path("median").asDouble(), 0),
                        figure(row.path("of_ideal"), 3),
                        figure(row.path("core_us_per_image"), 1),
                        number(row.path("join_seconds").asDouble(), 1)));
    }

    /** The cells of one row. */
    private interface Cells {
        List<String> of(JsonNode row);
    }

    private static String table(List<String> head, JsonNode rows, Cells cells) {
        List<List<String>> all = new ArrayList<>();
        rows.forEach(row -> all.add(cells.of(row)));
        return table(head, all);
    }

    private static String table(List<String> head, List<List<String>> rows) {
        return line(head)
                + "\n"
                + line(head.stream().map(column -> "---").toList())
                + "\n"
                + rows.stream().map(MarkdownSection::line).collect(Collectors.joining("\n"));
    }

    private static String line(List<String> cells) {
        return "| " + String.join(" | ", cells) + " |";
    }

    /** With its quartiles where noise hides it. */
    private static String figure(JsonNode figure, int digits) {
        if (!figure.path("median").isNumber()) {
            return "-";
        }
        String median = number(figure.path("median").asDouble(), digits);
        return figure.path("hidden").asBoolean()
                ? "%s (%s to %s)"
                        .formatted(
                                median,
                                number(figure.path("low").asDouble(), digits),
                                number(figure.path("high").asDouble(), digits))
                : median;
    }

    private static String number(double value, int digits) {
        return String.format(Locale.ROOT, "%,." + digits + "f", value);
    }
}

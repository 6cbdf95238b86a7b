package dev.millrace.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ReportCommandTest {
    private static final String ENVIRONMENT = """
            "environment": {"at": "2026-11-25T20:00:00Z", "commit": "0123456789abcdef", "cpu": "Some </script> CPU", "cpus": 2,
              "system": "Linux", "memory_mib": 1024, "load": 0.5, "java": "17", "versions": {"kafka-clients": "4.4.0"}},
            "settings": {"rounds": "5", "run_ms": "10.0", "set": "a.b=1 c=2", "window_ms": "2500", "worker": "defaults"}, "seed": 7,
            """;

    @TempDir
    private Path folder = Path.of("");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void showsHelpWithExamplesInEightyColumns() {
        assertThat(report("--help")).isZero();
        assertThat(out.toString()).contains("Examples:", "millrace bench report --readme bench/README.md");
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
    }

    @Test
    void makesAPageThatNeedsNothingElse() throws Exception {
        writeResults();

        assertThat(report("--results", folder.toString())).as(err.toString()).isZero();

        String page = Files.readString(folder.resolve("report.html"));
        assertThat(page).contains("\"raw_images_per_second\":4321", "uPlot", "\"of_ideal\"");
        assertThat(page)
                .as("placeholders")
                .doesNotContain("/* report.", "/* uplot.", "/* results.")
                .contains("id=\"results\"");
        assertThat(page).as("what is fetched from elsewhere").doesNotContain("src=", "@import", "<link");
        assertThat(page).as("results that end their script").doesNotContain("Some </script>");
        assertThat(page.split("<script", -1)).hasSize(4);
    }

    @Test
    void replacesTheSectionOfADocumentAndNothingElse() throws Exception {
        writeResults();
        Path readme = folder.resolve("README.md");
        Files.writeString(
                readme, "before\n" + MarkdownSection.BEGIN + "\nold figures\n" + MarkdownSection.END + "\nafter\n");

        assertThat(report("--results", folder.toString(), "--readme", readme.toString()))
                .as(err.toString())
                .isZero();

        String first = Files.readString(readme);
        assertThat(first).startsWith("before\n" + MarkdownSection.BEGIN).endsWith(MarkdownSection.END + "\nafter\n");
        assertThat(first).doesNotContain("old figures");
        assertThat(first)
                .contains(
                        "`./millrace bench limit --model some-model --lanes 1 --batch 8 --delivery at-least-once"
                                + " --set a.b=1 --set c=2 --rounds 5 --seconds 2.5 --seed 7`; worker: defaults; Some",
                        "--load 50 --set",
                        "`./millrace bench scale --workers 2 --rounds 5",
                        "2 CPUs, 2026-11-25, commit 0123456789",
                        "| some-model | at-least-once | 1 | 8 | 4,321 | 4,000 | 0.926 | 9.1 (8.0 to 12.5) |",
                        "| some-model | at-least-once | 1 | 8 | 4,000 | 50 % | 3.2 | 8.1 | - |",
                        "| 2 | 8 | 20 | 6,100 | 0.953 | 20.1 | 1.5 |",
                        "`./millrace bench peers --model some-model --threads 1 --load 70 --set a.b=1 --set c=2 --rounds 5",
                        "| python | fp32 | 2,100 | 2,200 (8 to 13) | 1,235 * | 3.2 | 8.1 | 86 | 47 |",
                        "| millrace | 512 | 511 | 2.3 |");

        assertThat(report("--results", folder.toString(), "--readme", readme.toString()))
                .isZero();
        assertThat(Files.readString(readme)).isEqualTo(first);
    }

    @Test
    void saysThatADocumentHasNoSuchPlace() throws Exception {
        writeResults();
        Path readme = Files.writeString(folder.resolve("README.md"), "no place");

        assertThat(report("--results", folder.toString(), "--readme", readme.toString()))
                .isEqualTo(1);

        assertThat(err.toString()).contains("section: none (expected: a line");
        assertThat(Files.readString(readme)).isEqualTo("no place");
    }

    @Test
    void saysWhatIsExpectedWhereThereAreNoResultsOrDamagedOnes() throws Exception {
        assertThat(report("--results", folder.toString())).isEqualTo(1);
        assertThat(err.toString()).contains("results: none in " + folder, "expected: limit.json");

        for (String damaged : new String[] {"{\"models\": [", "[]", ""}) {
            Files.writeString(folder.resolve("limit.json"), damaged);
            assertThat(report("--results", folder.toString())).isEqualTo(1);
            assertThat(err.toString()).contains("results: " + folder.resolve("limit.json"));
        }
        assertThat(err.toString()).doesNotContain("Exception");
        assertThat(folder.resolve("report.html")).doesNotExist();
    }

    private int report(String... arguments) {
        return new CommandLine(new ReportCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    private void writeResults() throws IOException {
        Files.writeString(
                folder.resolve("limit.json"), """
                {%s "models": [{"model": "some-model", "delivery": "at-least-once", "lanes": 1, "batch": 8,
                  "raw_images_per_second": 4321.0, "lane_images_per_second": 4000.4, "figures": {"lane_over_raw": %s,
                  "overhead_core_us_per_image": %s}}]}
                """.formatted(ENVIRONMENT, figure(0.9258, false), figure(9.12, true)));
        Files.writeString(folder.resolve("load.json"), """
                {%s "models": [{"model": "some-model", "delivery": "at-least-once", "lanes": 1, "batch": 8, "capacity": %s,
                  "loads": [{"percent": 50, "ms_p50": %s, "ms_p99": %s, "ms_p999": null}]}]}
                """.formatted(
                        ENVIRONMENT, figure(4000, false), figure(3.2, false), figure(8.1, false)));
        Files.writeString(folder.resolve("scale.json"), """
                {%s "groups": [{"workers": 2, "lanes": 4, "run_ms": 20.0, "join_seconds": 1.5, "images_per_second": %s, "of_ideal": %s,
                  "core_us_per_image": %s}]}
                """.formatted(
                        ENVIRONMENT, figure(6100, false), figure(0.953, false), figure(20.1, false)));
        Files.writeString(folder.resolve("peers.json"), """
                {%s "contestants": [{"name": "python", "precision": "fp32", "load_per_second": 1234.5, "equal_load": false,
                  "rss_mb": 86.4, "lines_of_user_code": 47, "settings": "none", "figures": {"images_per_second": %s,
                  "images_per_cpu_second": %s, "p50_ms": %s, "p99_ms": %s}}],
                  "crayfish": [{"name": "millrace", "offered_per_second": 512.0, "throughput_per_second": 511.4,
                  "mean_latency_ms": 2.34}], "left_out": []}
                """.formatted(
                        ENVIRONMENT.replace(
                                "\"run_ms\"",
                                "\"load_percent\": \"70\", \"load_of\": \"kafka-streams\", \"threads\": \"1\","
                                        + " \"model\": \"some-model\", \"run_ms\""),
                        figure(2100, false),
                        figure(2200, true),
                        figure(3.2, false),
                        figure(8.1, false)));
    }

    private static String figure(double median, boolean hidden) {
        return "{\"median\": %s, \"low\": 8.0, \"high\": 12.5, \"hidden\": %s, \"rounds\": [1]}"
                .formatted(median, hidden);
    }
}

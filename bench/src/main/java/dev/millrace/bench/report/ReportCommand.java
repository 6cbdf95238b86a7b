package dev.millrace.bench.report;

import dev.millrace.trainer.cli.FailureMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace bench report}: a page, or a section of a document, from results. */
@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Make a page with plots, in one file, from what `bench all`, or the single measurements with --out,"
                        + " have written; and the performance section of bench/README.md.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace bench report",
            "  millrace bench report --results bench/results --html limit.html",
            "  millrace bench report --readme bench/README.md",
            "",
            "Files that are looked for: limit.json, load.json, scale.json, peers.json,",
            "faults.json."
        })
public final class ReportCommand implements Callable<Integer> {
    @Option(
            names = "--results",
            paramLabel = "DIR",
            defaultValue = "bench/results",
            description = "Where the results are. Default: ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // Set by picocli before call().
    private Path results;

    @Option(names = "--html", paramLabel = "FILE", description = "The page. Default: report.html beside the results.")
    private @Nullable Path html;

    @Option(
            names = "--readme",
            paramLabel = "FILE",
            description = "Also replace what stands in this document between the two comments that say so.")
    private @Nullable Path readme;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before call().
    private CommandSpec spec;

    /** Made by picocli. */
    public ReportCommand() {}

    @Override
    public Integer call() {
        try {
            Results read = Results.read(results);
            // Before anything is written: all of it can be made.
            String document = readme == null ? "" : MarkdownSection.replace(Files.readString(readme), read);
            Path page = html == null ? results.resolve("report.html") : html;
            Files.writeString(page, HtmlReport.of(read));
            spec.commandLine().getOut().println("page: " + page);
            if (readme != null) {
                Files.writeString(readme, document);
                spec.commandLine().getOut().println("section: " + readme);
            }
            return 0;
        } catch (IOException e) {
            spec.commandLine().getErr().println(FailureMessage.of(e));
            return 1;
        }
    }
}

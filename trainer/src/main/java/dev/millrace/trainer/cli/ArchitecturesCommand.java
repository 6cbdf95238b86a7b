package dev.millrace.trainer.cli;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.net.Architecture;
import dev.millrace.trainer.net.NetworkCost;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists what can be trained, with its cost. */
@Command(
        name = "architectures",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = "List the networks that can be trained, with their weights and what one colour image costs.",
        footerHeading = "%nExample:%n",
        footer = "  millrace architectures --size 224 --classes 1000")
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
public final class ArchitecturesCommand implements Callable<Integer> {
    private static final double MILLION = 1e6;

    @Option(names = "--size", paramLabel = "N", defaultValue = "32", description = "images of NxN (default: 32)")
    private int size;

    @Option(names = "--classes", paramLabel = "N", defaultValue = "100", description = "default: ${DEFAULT-VALUE}")
    private int classes;

    @Option(names = "--json", description = "print one JSON object, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    private record Line(
            String name,
            long parameters,
            @JsonProperty("multiply_accumulates") long multiplyAccumulates) {}

    private record Answer(int size, int classes, List<Line> architectures) {}

    @Override
    public Integer call() {
        List<Line> lines = Arrays.stream(Architecture.values()).map(this::line).toList();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonLine.of(new Answer(size, classes, lines)));
            return 0;
        }
        out.printf("%-20s %12s %14s%n", "architecture", "M weights", "M multiply-acc.");
        lines.forEach(line -> out.printf(
                Locale.ROOT,
                "%-20s %12.2f %14.1f%n",
                line.name,
                line.parameters / MILLION,
                line.multiplyAccumulates / MILLION));
        return 0;
    }

    private Line line(Architecture architecture) {
        NetworkCost cost = NetworkCost.of(architecture.network(new ImageShape(size, size, 3), classes));
        return new Line(architecture.id(), cost.parameters(), cost.multiplyAccumulates());
    }
}

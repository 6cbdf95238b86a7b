package dev.millrace.trainer.cli;

import dev.millrace.trainer.publish.PublishedVersion;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = "List all published versions, newest first; * marks the one that answers.",
        footerHeading = "%nExample:%n",
        footer = "  millrace models list --bootstrap localhost:9092")
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsListCommand implements Callable<Integer> {
    @Mixin
    private BrokerOptions broker;

    @Option(names = "--json", description = "print one JSON array, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        List<ModelSummary> models = PublishedVersion.all(broker.registry().read()).stream()
                .map(ModelSummary::of)
                .toList();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonLine.of(models));
            return 0;
        }
        out.printf("  %-22s %7s  %-9s %9s  %-12s  %s%n", "model", "version", "precision", "bytes", "sha256", "made");
        models.forEach(model -> out.printf(
                "%s %-22s %7d  %-9s %,9d  %-12s  %.10s%n",
                model.champion() ? "*" : " ",
                model.name(),
                model.version(),
                model.precision(),
                model.bytes(),
                model.sha256().substring(0, 12),
                model.createdAt()));
        return 0;
    }
}

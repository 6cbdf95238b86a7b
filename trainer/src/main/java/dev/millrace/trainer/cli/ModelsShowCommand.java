package dev.millrace.trainer.cli;

import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.trainer.publish.PublishedVersion;
import dev.millrace.trainer.rollout.VersionName;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "show",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = "Show one published version in full.",
        footerHeading = "%nExample:%n",
        footer = "  millrace models show fashion-mnist --bootstrap localhost:9092")
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsShowCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "NAME", description = "model name")
    private String name;

    @Parameters(
            index = "1",
            paramLabel = VersionNameConverter.LABEL,
            arity = "0..1",
            defaultValue = "champion",
            converter = VersionNameConverter.class,
            description = VersionNameConverter.FORMS + " (default: ${DEFAULT-VALUE})")
    private VersionName version;

    @Mixin
    private BrokerOptions broker;

    @Option(names = "--json", description = "print one JSON object, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        RegistryState state = broker.registry().read();
        int number = version.in(state, name);
        PublishedVersion found = PublishedVersion.read(state, name, number)
                .orElseThrow(() -> new IOException(
                        "model: %s version %d has a manifest that cannot be read".formatted(name, number)));
        ModelSummary model = ModelSummary.of(found);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonLine.of(model));
            return 0;
        }
        out.printf("%s version %d%s%n", model.name(), model.version(), model.champion() ? ", answers" : "");
        out.printf(
                "  precision  %s%n  bytes      %,d%n  sha256     %s%n",
                model.precision(), model.bytes(), model.sha256());
        out.printf("  made       %s, signed by key %s%n", model.createdAt(), found.keyId());
        out.printf("  labels     %s%n", String.join(", ", model.labels()));
        model.metrics().forEach((metric, value) -> out.printf("  %s  %s%n", metric, value));
        model.lineage().forEach((key, value) -> out.printf("  %s  %s%n", key, value));
        return 0;
    }
}

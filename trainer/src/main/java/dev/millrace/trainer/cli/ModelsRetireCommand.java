package dev.millrace.trainer.cli;

import dev.millrace.trainer.rollout.RolloutCommand;
import dev.millrace.trainer.rollout.VersionName;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "retire",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Take a version off the record, and its file off the artifacts topic, which then",
            "frees its space. Not the one that answers. No other version gets its number."
        },
        footerHeading = "%nExample:%n",
        footer = "  millrace models retire fashion-mnist 1 --bootstrap localhost:9092")
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsRetireCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "NAME", description = "model name")
    private String name;

    @Parameters(
            index = "1",
            paramLabel = VersionNameConverter.LABEL,
            converter = VersionNameConverter.class,
            description = VersionNameConverter.FORMS)
    private VersionName version;

    @Mixin
    private DecisionOptions decision;

    @Override
    public Integer call() throws Exception {
        return decision.decide(new RolloutCommand.Retire(name, version));
    }
}

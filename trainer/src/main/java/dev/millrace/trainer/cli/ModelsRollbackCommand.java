package dev.millrace.trainer.cli;

import dev.millrace.trainer.rollout.RolloutCommand;
import dev.millrace.trainer.rollout.VersionName;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "rollback",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "End the trial that is on. Where none is: go back to the version that answered",
            "before. Once: what was rolled back is not what a second rollback returns to,",
            "which needs --to."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace models rollback fashion-mnist --bootstrap localhost:9092",
            "  millrace models rollback fashion-mnist --to 3 --reason 'confuses shirts'"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsRollbackCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "NAME", description = "model name")
    private String name;

    @Option(
            names = "--to",
            paramLabel = VersionNameConverter.LABEL,
            converter = VersionNameConverter.class,
            description = {"go back to that version (default: as above):", VersionNameConverter.FORMS})
    private @Nullable VersionName to;

    @Mixin
    private DecisionOptions decision;

    @Override
    public Integer call() throws Exception {
        return decision.decide(new RolloutCommand.Rollback(name, to));
    }
}

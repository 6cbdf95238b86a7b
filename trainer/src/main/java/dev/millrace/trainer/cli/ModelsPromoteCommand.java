package dev.millrace.trainer.cli;

import dev.millrace.trainer.rollout.RolloutCommand;
import dev.millrace.trainer.rollout.VersionName;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "promote",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Let a published version answer. Workers fetch, verify and warm it, then swap;",
            "until then the one before answers, and `models rollback` goes back to it.",
            "A trial that is on ends."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace models promote fashion-mnist 2 --bootstrap localhost:9092",
            "  millrace models promote fashion-mnist latest --reason 'top-1 + 0.4'"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsPromoteCommand implements Callable<Integer> {
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
        return decision.decide(new RolloutCommand.Promote(name, version));
    }
}

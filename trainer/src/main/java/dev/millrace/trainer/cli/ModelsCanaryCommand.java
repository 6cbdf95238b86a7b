package dev.millrace.trainer.cli;

import dev.millrace.trainer.rollout.TrialCommand;
import dev.millrace.trainer.rollout.VersionName;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "canary",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Let a version answer a share of the requests, beside the one that answers.",
            "A judge (`millrace trainer --roles judge`) takes it from step to step, and",
            "promotes it or rolls it back; without one, `models step`, `promote` and",
            "`rollback` do. Again for the same version: it begins anew."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace models canary fashion-mnist 2 --steps 1%%,10%%,50%% --hold 2m",
            "  millrace models canary fashion-mnist latest --steps 5%% --sticky tag:user",
            "  millrace models canary fashion-mnist latest --steps 1%% --when country=de"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsCanaryCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "NAME", description = "model name")
    private String name;

    @Parameters(
            index = "1",
            paramLabel = VersionNameConverter.LABEL,
            converter = VersionNameConverter.class,
            description = VersionNameConverter.FORMS)
    private VersionName version;

    @Option(
            names = "--steps",
            paramLabel = "SHARE",
            split = ",",
            converter = ShareConverter.class,
            defaultValue = "1%,10%,50%",
            description = "shares to go through (default: ${DEFAULT-VALUE})")
    private List<Integer> steps;

    @Option(
            names = "--hold",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            defaultValue = "2m",
            description = "keep each step at least so long (default: 2m)")
    private Duration hold;

    @Mixin
    private ChoiceOptions choice;

    @Mixin
    private DecisionOptions decision;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        TrialCommand.Canary canary;
        try {
            canary = new TrialCommand.Canary(name, version, steps, hold, choice.choice());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        return decision.decide(canary);
    }
}

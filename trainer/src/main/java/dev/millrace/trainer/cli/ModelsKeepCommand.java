package dev.millrace.trainer.cli;

import dev.millrace.trainer.rollout.RolloutCommand;
import dev.millrace.trainer.rollout.VersionName;
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
        name = "keep",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Say which versions workers keep loaded besides the one that answers and the one",
            "on trial, so that requests can pin them. Without options: none."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace models keep fashion-mnist --latest 2 --bootstrap localhost:9092",
            "  millrace models keep fashion-mnist --versions 3,stable",
            "  millrace models keep fashion-mnist --all"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsKeepCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "NAME", description = "model name")
    private String name;

    @Option(names = "--latest", paramLabel = "N", defaultValue = "0", description = "so many of the latest")
    private int latest;

    @Option(
            names = "--versions",
            paramLabel = VersionNameConverter.LABEL,
            split = ",",
            converter = VersionNameConverter.class,
            description = "these: each " + VersionNameConverter.FORMS)
    private List<VersionName> versions = List.of();

    @Option(names = "--all", description = "all that are on record")
    private boolean all;

    @Mixin
    private DecisionOptions decision;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        RolloutCommand.Keep keep;
        try {
            keep = new RolloutCommand.Keep(name, all ? -1 : latest, versions);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        return decision.decide(keep);
    }
}

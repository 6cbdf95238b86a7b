package dev.millrace.trainer.cli;

import dev.millrace.trainer.rollout.RolloutCommand;
import dev.millrace.trainer.rollout.VersionName;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "alias",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = "Give a version a name of your own, which any command takes in place of its number.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace models alias fashion-mnist stable 3 --bootstrap localhost:9092",
            "  millrace models rollback fashion-mnist --to stable",
            "  millrace models alias fashion-mnist stable --delete"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsAliasCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "NAME", description = "model name")
    private String name;

    @Parameters(index = "1", paramLabel = "ALIAS", description = "lower-case letters, digits and '-'")
    private String alias;

    @Parameters(
            index = "2",
            arity = "0..1",
            paramLabel = VersionNameConverter.LABEL,
            converter = VersionNameConverter.class,
            description = VersionNameConverter.FORMS)
    private @Nullable VersionName version;

    @Option(names = "--delete", description = "forget the name")
    private boolean delete;

    @Mixin
    private DecisionOptions decision;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (delete == (version != null)) {
            throw new ParameterException(spec.commandLine(), "VERSION or --delete (expected: one of them)");
        }
        RolloutCommand.Alias naming;
        try {
            naming = new RolloutCommand.Alias(name, alias, version);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        return decision.decide(naming);
    }
}

package dev.millrace.trainer.cli;

import dev.millrace.trainer.rollout.TrialCommand;
import dev.millrace.trainer.rollout.VersionName;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "shadow",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Let a version see copies of a share of the requests. What it would have answered",
            "goes to the topic results.shadow, and never to a caller. It costs the lanes the",
            "time of its session runs. A judge tells how it compares, and goes on to a canary",
            "or promotes it where its policy says so (shadow.then)."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace models shadow fashion-mnist 2 --bootstrap localhost:9092",
            "  millrace models shadow fashion-mnist latest --share 20%%"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsShadowCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "NAME", description = "model name")
    private String name;

    @Parameters(
            index = "1",
            paramLabel = VersionNameConverter.LABEL,
            converter = VersionNameConverter.class,
            description = VersionNameConverter.FORMS)
    private VersionName version;

    @Option(
            names = "--share",
            paramLabel = "SHARE",
            converter = ShareConverter.class,
            defaultValue = "10%",
            description = "how much it sees (default: ${DEFAULT-VALUE})")
    private int share;

    @Mixin
    private ChoiceOptions choice;

    @Mixin
    private DecisionOptions decision;

    @Override
    public Integer call() throws Exception {
        return decision.decide(new TrialCommand.Shadow(name, version, share, choice.choice()));
    }
}

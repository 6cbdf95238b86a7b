package dev.millrace.trainer.cli;

import dev.millrace.trainer.rollout.TrialCommand;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "pause",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = "Keep a trial's share as it is: no judge steps, promotes or rolls back until `models resume`.",
        footerHeading = "%nExample:%n",
        footer = "  millrace models pause fashion-mnist --bootstrap localhost:9092")
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsPauseCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "NAME", description = "model name")
    private String name;

    @Mixin
    private DecisionOptions decision;

    @Override
    public Integer call() throws Exception {
        return decision.decide(new TrialCommand.Pause(name));
    }
}

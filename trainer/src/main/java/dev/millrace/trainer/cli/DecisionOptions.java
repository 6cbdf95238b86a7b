package dev.millrace.trainer.cli;

import dev.millrace.schemas.Trial;
import dev.millrace.schemas.TrialKind;
import dev.millrace.schemas.registry.Split;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.trainer.publish.ModelRegistry.Decided;
import dev.millrace.trainer.rollout.ActionWords;
import dev.millrace.trainer.rollout.RolloutCommand;
import dev.millrace.trainer.rollout.RolloutRefusedException;
import dev.millrace.trainer.rollout.TrialCommand;
import java.io.IOException;
import java.time.Instant;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What every command takes that decides about a model, and how it tells what came of it. */
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class DecisionOptions {
    @Mixin
    private BrokerOptions broker;

    @Option(names = "--reason", paramLabel = "TEXT", defaultValue = "", description = "why, for people")
    private String reason;

    @Option(names = "--json", description = "print one JSON object, nothing else, on stdout")
    private boolean json;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    /** A decision as {@code --json} prints it. */
    private record DecisionLine(
            String model,
            String action,
            int version,
            int champion,
            int previous,
            int challenger,
            double share,
            long epoch,
            String decidedAt,
            String decidedBy,
            String reason) {}

    int decide(RolloutCommand command)
            throws RolloutRefusedException, IOException, BrokerUnreachableException, InterruptedException {
        Decided decided = broker.registry().decide(command, Author.here(), reason);
        String action = ActionWords.of(decided.event().getAction());
        int champion = decided.rollout().getChampion();
        Trial trial = decided.rollout().getTrial();
        if (json) {
            Instant at = decided.event().getDecidedAt();
            spec.commandLine()
                    .getOut()
                    .println(JsonLine.of(new DecisionLine(
                            command.model(),
                            action,
                            decided.event().getVersion(),
                            champion,
                            decided.rollout().getPrevious(),
                            trial == null ? 0 : trial.getChallenger(),
                            trial == null ? 0 : trial.getShare() / (double) Split.WHOLE,
                            decided.epoch(),
                            at.toString(),
                            decided.event().getDecidedBy(),
                            reason)));
        } else {
            spec.commandLine()
                    .getOut()
                    .printf(
                            "%s version %d %s; version %d answers%s, from epoch %d on%n",
                            command.model(),
                            decided.event().getVersion(),
                            action,
                            champion,
                            trial == null ? "" : beside(trial),
                            decided.epoch());
        }
        return 0;
    }

    private static String beside(Trial trial) {
        String share = TrialCommand.percent(trial.getShare());
        return trial.getKind() == TrialKind.SHADOW
                ? ", version %d sees %s".formatted(trial.getChallenger(), share)
                : " all but the %s of version %d".formatted(share, trial.getChallenger());
    }
}

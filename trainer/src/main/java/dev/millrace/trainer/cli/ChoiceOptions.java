package dev.millrace.trainer.cli;

import dev.millrace.trainer.rollout.TrialCommand.Choice;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which requests a challenger gets. */
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ChoiceOptions {
    @Option(
            names = "--sticky",
            paramLabel = "BY",
            defaultValue = "",
            description = {
                "what chooses the arm, so that the same",
                "always meets the same: key (of the record),",
                "tag:NAME or header:NAME",
                "(default: the request id)"
            })
    private String sticky;

    @Option(
            names = "--when",
            paramLabel = "PLACE=VALUE",
            description = {
                "send requests with this to the challenger",
                "whatever the share: NAME (a tag), tag:NAME or",
                "header:NAME; repeated: with all of them"
            })
    private Map<String, String> when = Map.of();

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    Choice choice() {
        Map<String, String> conditions = new HashMap<>();
        when.forEach((place, value) -> conditions.put(place.contains(":") ? place : "tag:" + place, value));
        try {
            return new Choice(sticky, conditions);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }
}

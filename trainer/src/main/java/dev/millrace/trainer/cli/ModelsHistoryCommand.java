package dev.millrace.trainer.cli;

import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.registry.Split;
import dev.millrace.trainer.rollout.ActionWords;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "history",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = "Tell what was decided about a model, or about all: when, by whom, and why.",
        footerHeading = "%nExample:%n",
        footer = "  millrace models history fashion-mnist --bootstrap localhost:9092")
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsHistoryCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "NAME", arity = "0..1", description = "model name (default: all)")
    private @Nullable String name;

    @Mixin
    private BrokerOptions broker;

    @Option(names = "--json", description = "print one JSON array, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    /**
     * An event as {@code --json} prints it.
     *
     * @param share of the requests that go to the challenger after it, 0 to 1
     */
    private record EventLine(
            String model,
            String action,
            int version,
            int champion,
            double share,
            String decidedAt,
            String decidedBy,
            String reason,
            String run) {
        static EventLine of(RolloutEvent event) {
            return new EventLine(
                    event.getModel(),
                    ActionWords.of(event.getAction()),
                    event.getVersion(),
                    event.getChampion(),
                    event.getShare() / (double) Split.WHOLE,
                    event.getDecidedAt().toString(),
                    event.getDecidedBy(),
                    event.getReason(),
                    event.getRun());
        }
    }

    @Override
    public Integer call() throws Exception {
        List<RolloutEvent> story = broker.registry().story(name);
        if (name != null && story.isEmpty()) {
            throw new IOException("model: %s (expected: one with a history, see `models list`)".formatted(name));
        }
        if (json) {
            spec.commandLine()
                    .getOut()
                    .println(JsonLine.of(story.stream().map(EventLine::of).toList()));
        } else {
            StoryTable.print(story, spec.commandLine().getOut());
        }
        return 0;
    }
}

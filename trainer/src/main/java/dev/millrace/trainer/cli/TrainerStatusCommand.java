package dev.millrace.trainer.cli;

import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.trainer.publish.ModelRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = "Show what every trainer does: its run, the labels it has, drift, and what came of its last run.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:a trainer is alive", "1:no broker", "2:wrong usage", "3:no trainer is alive"},
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace trainer status --bootstrap localhost:9092",
            "  millrace trainer status --watch",
            "  millrace trainer status --watch --json"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class TrainerStatusCommand implements Callable<Integer> {
    private static final int NONE_ALIVE = 3;
    private static final long LOOK_MS = 1000;
    private static final String CLEAR = "\u001b[H\u001b[2J";

    @Option(names = "--watch", description = "go on showing, at each change, until Ctrl-C")
    private boolean watch;

    @Option(
            names = "--alive",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            defaultValue = "15s",
            description = "a trainer not heard of for so long is away (default: ${DEFAULT-VALUE})")
    private Duration alive;

    @Mixin
    private BrokerOptions broker;

    @Option(
            names = "--json",
            description = "print one JSON object, nothing else, on stdout; with --watch one a line at each change")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        ModelRegistry registry = broker.registry();
        TrainerReport last = look(registry);
        show(last);
        while (watch) {
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
            try {
                TrainerReport next = look(registry);
                boolean redraw = !json && Terminal.isWatched();
                if (redraw || !next.saysTheSameAs(last)) {
                    show(next);
                }
                last = next;
            } catch (IOException | BrokerUnreachableException e) {
                // A broker that restarts is just what somebody watches.
                spec.commandLine().getErr().println(FailureMessage.of(e) + "; looking again");
            }
        }
        return last.anyAlive() ? 0 : NONE_ALIVE;
    }

    private TrainerReport look(ModelRegistry registry)
            throws IOException, BrokerUnreachableException, InterruptedException {
        return TrainerReport.of(registry.trainers(), Instant.now(), alive);
    }

    private void show(TrainerReport report) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonLine.of(report));
        } else {
            if (watch && Terminal.isWatched()) {
                out.print(CLEAR);
            }
            TrainerPage.print(report, out);
        }
        out.flush();
    }
}

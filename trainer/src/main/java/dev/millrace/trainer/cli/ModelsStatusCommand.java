package dev.millrace.trainer.cli;

import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.trainer.rollout.WorkerSeen;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = "Show which version answers, what is on trial, and how far each worker is.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace models status --bootstrap localhost:9092",
            "  millrace models status fashion-mnist --watch"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsStatusCommand implements Callable<Integer> {
    private static final long LOOK_MS = 1000;
    private static final String CLEAR = "\u001b[H\u001b[2J";

    @Parameters(index = "0", arity = "0..1", paramLabel = "NAME", description = "model name (default: all)")
    private @Nullable String name;

    @Option(names = "--watch", description = "go on showing, every second, until Ctrl-C")
    private boolean watch;

    @Option(
            names = "--alive",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            defaultValue = "15s",
            description = "a worker not heard of for so long is away (default: 15s)")
    private Duration alive;

    @Mixin
    private BrokerOptions broker;

    @Option(names = "--json", description = "print JSON, one object a line, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        ModelRegistry registry = broker.registry();
        String last = look(registry);
        show(last, out);
        while (watch) {
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
            try {
                String next = look(registry);
                if (Terminal.isWatched() || !next.equals(last)) {
                    show(next, out);
                }
                last = next;
            } catch (IOException | BrokerUnreachableException e) {
                // A broker that restarts is just what somebody watches.
                spec.commandLine().getErr().println(FailureMessage.of(e) + "; looking again");
            }
        }
        return 0;
    }

    private String look(ModelRegistry registry) throws IOException, BrokerUnreachableException, InterruptedException {
        // Workers first: what they acknowledge is never newer than what is read after them.
        List<WorkerSeen> workers = registry.workers();
        return text(registry.read(), workers);
    }

    private void show(String text, PrintWriter out) {
        if (watch && !json && Terminal.isWatched()) {
            out.print(CLEAR);
        }
        out.print(text);
        out.flush();
    }

    private String text(RegistryState state, List<WorkerSeen> workers) throws IOException {
        if (name != null && state.decision(name) == null) {
            throw new IOException("model: %s (expected: a published one, see `models list`)".formatted(name));
        }
        List<RolloutStatus> statuses = state.decisions().values().stream()
                .filter(decision ->
                        name == null || decision.rollout().getModel().equals(name))
                .map(decision -> RolloutStatus.of(decision, workers, Instant.now(), alive))
                .toList();
        StringWriter text = new StringWriter();
        PrintWriter page = new PrintWriter(text);
        statuses.forEach(status -> {
            if (json) {
                page.println(JsonLine.of(status));
            } else {
                StatusPage.print(status, page);
            }
        });
        if (statuses.isEmpty() && !json) {
            page.println("no model is published");
        }
        page.flush();
        return text.toString();
    }
}

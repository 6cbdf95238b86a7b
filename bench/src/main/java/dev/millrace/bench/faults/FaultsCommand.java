package dev.millrace.bench.faults;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.bench.faults.Campaign.Plan;
import dev.millrace.bench.faults.scenario.Fault;
import dev.millrace.bench.faults.scenario.Faults;
import dev.millrace.bench.process.ChildrenEnd;
import dev.millrace.bench.terminal.ModeConverter;
import dev.millrace.bench.terminal.ProgressLine;
import dev.millrace.worker.delivery.DeliveryMode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace bench faults}: breaks things on purpose and counts what is lost. */
@Command(
        name = "faults",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Break a broker, workers and the network between them while requests come in, and count what"
                + " is lost, what is answered twice, and how long it takes to recover.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace bench faults --quick",
            "  millrace bench faults --fault worker-killed --runs 20",
            "  millrace bench faults --mode exactly-once --seed 42 --json",
            "  millrace bench faults --list",
            "",
            "Needs Linux; broker-disk-full and worker-disk-full need root, clock-skew needs",
            "libfaketime. Exit code 1: something was lost, or answered twice where that",
            "may not be, or an invariant did not hold; logs and histories are kept then."
        })
public final class FaultsCommand implements Callable<Integer> {
    @Option(names = "--quick", description = "One run of each short fault, under five minutes.")
    private boolean quick;

    @Option(names = "--json", description = "Print one JSON object instead of the table.")
    private boolean json;

    @Option(
            names = "--mode",
            paramLabel = "M",
            converter = ModeConverter.class,
            description = "at-least-once, exactly-once or queue. Repeatable. Default: all.")
    private List<DeliveryMode> modes = List.of(DeliveryMode.values());

    @Option(names = "--fault", paramLabel = "NAME", description = "Only this fault. Repeatable. Default: all.")
    private List<String> names = List.of();

    @Option(names = "--runs", paramLabel = "N", description = "Runs of each fault and mode. Default: 5; quick: 1.")
    private @Nullable Integer runs;

    @Option(names = "--seed", paramLabel = "N", description = "Repeats a campaign's random choices.")
    private @Nullable Long seed;

    @Option(names = "--out", paramLabel = "FILE", description = "Also write the JSON here.")
    private @Nullable Path out;

    @Option(names = "--keep", description = "Keep logs and histories even where all went well.")
    private boolean keep;

    @Option(names = "--list", description = "Say what faults there are, and run none.")
    private boolean list;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before call().
    private CommandSpec spec;

    /** Made by picocli, or by the command that has this one as a subcommand. */
    public FaultsCommand() {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (list) {
            Faults.all().stream()
                    .map(Supplier::get)
                    .forEach(fault -> spec.commandLine().getOut().printf("%-24s %s%n", fault.name(), fault.what()));
            return 0;
        }
        Plan plan = plan();
        Campaign campaign = Campaign.prepare(
                Path.of(System.getProperty("java.io.tmpdir")),
                plan,
                new CampaignLine(new ProgressLine("faults", plan.total())));
        List<FaultSummary> summaries = ChildrenEnd.withThisProcess(() -> {
            try (campaign) {
                return campaign.run();
            }
        });
        return report(summaries, campaign);
    }

    private Plan plan() {
        if (runs != null && runs < 1) {
            throw new ParameterException(spec.commandLine(), "--runs: " + runs + " (expected: 1 or more)");
        }
        List<Supplier<Fault>> chosen = names.isEmpty()
                ? Faults.all().stream()
                        .filter(maker -> !quick || maker.get().quick())
                        .toList()
                : names.stream().map(this::named).toList();
        int each = runs == null ? (quick ? 1 : 5) : runs;
        return new Plan(modes, chosen, each, seed == null ? new Random().nextInt(1_000_000) : seed);
    }

    private Supplier<Fault> named(String name) {
        return Faults.named(name)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(), "--fault: " + name + " (expected: one of " + Faults.names() + ")"));
    }

    private int report(List<FaultSummary> summaries, Campaign campaign) throws IOException {
        PrintWriter print = spec.commandLine().getOut();
        String text = new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(Map.of("faults", summaries));
        if (out != null) {
            Files.writeString(out, text + "\n");
        }
        if (json) {
            print.println(text);
            print.flush();
        } else {
            FaultTable.print(summaries, print);
        }
        List<String> failures =
                summaries.stream().flatMap(row -> row.failures().stream()).toList();
        if (failures.isEmpty() && !keep) {
            campaign.deleteFolder();
            return 0;
        }
        PrintWriter err = spec.commandLine().getErr();
        failures.forEach(err::println);
        err.println("logs: " + campaign.folder());
        err.flush();
        return failures.isEmpty() ? 0 : 1;
    }
}

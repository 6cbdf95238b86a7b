package dev.millrace.trainer.cli;

import dev.millrace.trainer.judge.Policy;
import dev.millrace.trainer.service.Judge;
import dev.millrace.trainer.service.ReportFolder;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The trainer as a service, until SIGTERM or Ctrl-C. */
@Command(
        name = "trainer",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Run the trainer as a service, until Ctrl-C or SIGTERM. Its role judge compares a",
            "challenger on trial with the champion, and steps, promotes or rolls back by a policy.",
            "Start as many as you like: one acts, the others wait."
        },
        subcommands = TrainerStatusCommand.class,
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace trainer --roles judge --bootstrap localhost:9092 --report reports",
            "  millrace trainer --print-policy > policy.yaml",
            "  millrace trainer --roles judge --policy policy.yaml --json",
            "  millrace trainer status --watch"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
public final class TrainerServiceCommand implements Callable<Integer> {
    private static final Duration SHORTEST = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofHours(1);
    private static final long FIRST_WAIT_MILLIS = 500;
    private static final long LONGEST_WAIT_MILLIS = 15_000;

    /** What a trainer may do. */
    private enum Role {
        JUDGE
    }

    @Mixin
    private BrokerOptions broker;

    @Option(names = "--roles", split = ",", paramLabel = "ROLE", description = "what it does: judge (default)")
    private List<Role> roles = List.of(Role.JUDGE);

    @Option(
            names = "--policy",
            paramLabel = "FILE",
            description = "when to step, promote and roll back (default: as --print-policy says)")
    private @Nullable Path policyFile;

    @Option(names = "--print-policy", description = "print the policy in effect as a file, and end")
    private boolean printPolicy;

    @Option(
            names = "--every",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            defaultValue = "2s",
            description = "how often it looks (default: 2s)")
    private Duration every;

    @Option(names = "--report", paramLabel = "DIR", description = "write a page for every trial there")
    private @Nullable Path report;

    @Option(names = "--json", description = "print one JSON object a line, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (every.compareTo(SHORTEST) < 0 || every.compareTo(LONGEST) > 0) {
            throw new ParameterException(
                    spec.commandLine(), "--every: %d ms (expected: 100ms to 1h)".formatted(every.toMillis()));
        }
        Policy policy = policyFile == null ? Policy.DEFAULT : Policy.read(policyFile);
        if (printPolicy) {
            spec.commandLine().getOut().print(policy.text());
            spec.commandLine().getOut().flush();
            return 0;
        }
        if (!roles.contains(Role.JUDGE)) {
            throw new ParameterException(spec.commandLine(), "--roles: none (expected: judge)");
        }
        // A wrong address and missing topics are errors; a broker that goes away later is not.
        broker.registry().read();
        JudgeLines lines = new JudgeLines(
                spec.commandLine().getOut(),
                spec.commandLine().getErr(),
                json,
                report == null ? null : new ReportFolder(report));
        try (EndOfService end = new EndOfService();
                Judge judge = new Judge(
                        broker.client(),
                        broker.topics(),
                        policy,
                        "judge@" + Author.host(),
                        every,
                        Clock.systemUTC(),
                        lines)) {
            lines.start();
            run(judge, end);
        }
        return 0;
    }

    private static void run(Judge judge, EndOfService end) throws InterruptedException {
        long wait = FIRST_WAIT_MILLIS;
        while (!end.isRequested()) {
            if (judge.turn()) {
                wait = FIRST_WAIT_MILLIS;
            } else if (!end.await(wait)) {
                wait = Math.min(LONGEST_WAIT_MILLIS, 2 * wait);
            }
        }
    }
}

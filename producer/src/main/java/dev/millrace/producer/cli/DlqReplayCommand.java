package dev.millrace.producer.cli;

import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.deadletter.DeadLetter;
import dev.millrace.producer.deadletter.LetterFilter;
import dev.millrace.producer.deadletter.LetterReader;
import dev.millrace.producer.deadletter.Position;
import dev.millrace.producer.deadletter.Replay;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code dlq replay}: sends letters back to the requests topic. */
@Command(
        name = "replay",
        description = {
            "Send dead letters back to the requests topic, as they were.",
            "",
            "A letter stays where it is: who replays it twice gets two answers under one request id. A letter whose"
                    + " replay died again is left alone for the newer letter, unless named. A request whose deadline"
                    + " has passed is answered EXPIRED.",
            ""
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every letter that was meant is replayed, if only none",
            "1:one was refused or not taken, or is not there; stopped; no broker",
            "2:wrong usage"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace dlq replay 0@17 3@4",
            "  millrace dlq replay --reason UNKNOWN_MODEL --since 24h --dry-run",
            "  millrace dlq replay --all --json",
        })
final class DlqReplayCommand implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(200);

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec command;

    @Mixin
    private final LetterOptions letters = new LetterOptions();

    @Option(names = "--all", description = "Every letter there is.")
    private boolean all;

    @Option(
            names = "--max-replays",
            paramLabel = "N",
            defaultValue = "3",
            description = "Refuse a request that was replayed N times already (default: ${DEFAULT-VALUE}).")
    private int maxReplays;

    @Option(names = "--dry-run", description = "Say what would be replayed and what not; send nothing.")
    private boolean dryRun;

    @Mixin
    private final KafkaOptions kafka = new KafkaOptions();

    @Option(names = "--json", description = "Print the summary as one JSON object, nothing else, on stdout.")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
        if (all == letters.narrow()) {
            throw new ParameterException(
                    command.commandLine(),
                    all
                            ? "--all: with letters or filters (expected: one or the other)"
                            : "letters: none (expected: letters by PARTITION@OFFSET, a filter such as --reason, or --all)");
        }
        return KafkaRun.of(command, this::replay);
    }

    private int replay() throws BrokerUnreachableException, InterruptedException {
        ClientConfig config = kafka.config();
        LetterFilter filter = letters.filter(Instant.now());
        Set<Position> missing = new TreeSet<>(letters.named());
        Replay.Plan plan = new Replay.Plan(maxReplays, missing.isEmpty(), dryRun);
        ReplayTally tally = new ReplayTally();
        boolean stopped;
        try (LetterReader reader = LetterReader.open(config, filter);
                StopRequest stop = StopRequest.listen(reader::wakeup);
                ProgressLine progress = ProgressLine.start(
                        command.commandLine().getErr(), "letters", missing.isEmpty() ? -1 : missing.size());
                // Closed first, which waits for what is under way: then every letter has been counted.
                Replay replay = Replay.open(config, plan)) {
            while (!stop.requested() && !reader.atEnd()) {
                for (DeadLetter letter : reader.poll(POLL)) {
                    missing.remove(letter.position());
                    var unused = replay.replay(letter)
                            .thenAccept(outcome -> tally.count(letter.position(), outcome, progress));
                }
            }
            stopped = stop.requested();
        }
        return report(tally, stopped ? Set.of() : missing, stopped);
    }

    private int report(ReplayTally tally, Set<Position> missing, boolean stopped) {
        PrintWriter err = command.commandLine().getErr();
        missing.forEach(position -> err.println(position + ": not there (expected: a letter; see: millrace dlq list)"));
        PrintWriter out = command.commandLine().getOut();
        out.println(json ? tally.json(dryRun, missing.size()) : tally.text(dryRun));
        out.flush();
        return tally.complete() && missing.isEmpty() && !stopped ? ExitCode.OK : ExitCode.SOFTWARE;
    }
}

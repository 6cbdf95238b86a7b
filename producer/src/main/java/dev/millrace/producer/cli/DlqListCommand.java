package dev.millrace.producer.cli;

import dev.millrace.producer.deadletter.DeadLetter;
import dev.millrace.producer.deadletter.LetterReader;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dlq list}: the letters that are there now, one a line. */
@Command(
        name = "list",
        description = "List dead letters, the oldest of each partition first.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:listed, if only none", "1:no broker, or no dead-letter topic", "2:wrong usage"},
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace dlq list --bootstrap 127.0.0.1:9092",
            "  millrace dlq list --reason CRC_MISMATCH,CORRUPT_IMAGE --since 24h --json",
        })
final class DlqListCommand implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(200);

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec command;

    @Mixin
    private final LetterOptions letters = new LetterOptions();

    @Mixin
    private final KafkaOptions kafka = new KafkaOptions();

    @Option(names = "--json", description = "Print one JSON object a line, nothing else, on stdout.")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
        return KafkaRun.of(command, this::list);
    }

    private int list() throws BrokerUnreachableException, InterruptedException {
        PrintWriter out = command.commandLine().getOut();
        Function<DeadLetter, String> form = json ? new LetterJson()::summary : LetterRow::of;
        try (LetterReader reader = LetterReader.open(kafka.config(), letters.filter(Instant.now()));
                StopRequest stop = StopRequest.listen(reader::wakeup)) {
            if (!json) {
                out.println(LetterRow.header());
            }
            // checkError flushes; it fails when whoever read the other end of a pipe has gone.
            while (!stop.requested() && !reader.atEnd() && !out.checkError()) {
                reader.poll(POLL).forEach(letter -> out.println(form.apply(letter)));
            }
        }
        out.flush();
        return ExitCode.OK;
    }
}

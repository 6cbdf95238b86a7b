package dev.millrace.producer.cli;

import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.MissingTopicException;
import dev.millrace.producer.ReceivedResult;
import dev.millrace.producer.ResultReader;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.wire.SchemaUnresolvedException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code results}: prints answers as they come, until it has enough or is stopped. */
@Command(
        name = "results",
        description = "Print results as they come, until Ctrl-C.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:stopped, or printed as many as asked for",
            "1:fewer than --count before --timeout; no broker",
            "2:wrong usage"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace results --bootstrap 127.0.0.1:9092",
            "  millrace results --from-beginning --count 100 --timeout 10s --json",
        })
public final class ResultsCommand implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(100);

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli, as are the options below.
    private CommandSpec command;

    @Mixin
    private final KafkaOptions kafka = new KafkaOptions();

    @Option(
            names = "--from-beginning",
            description = "Start with the oldest result that Kafka has (default: with the next one).")
    private boolean fromBeginning;

    @Option(names = "--count", paramLabel = "N", description = "End after N results.")
    private @Nullable Long count;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "End when no result has come for this long, such as 30s (default: never).")
    private @Nullable Duration timeout;

    @Option(names = "--json", description = "Print one JSON object a line, nothing else, on stdout.")
    private boolean json;

    /** Prints what any Kafka has on its results topic. */
    public ResultsCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        ClientConfig config = config();
        PrintWriter err = command.commandLine().getErr();
        ResultReader.Start start = fromBeginning ? ResultReader.Start.BEGINNING : ResultReader.Start.END;
        try (ResultReader reader = ResultReader.open(config, start);
                StopRequest stop = StopRequest.listen(reader::wakeup)) {
            return print(reader, stop);
        } catch (BrokerUnreachableException | MissingTopicException e) {
            err.println(e.getMessage());
        } catch (SchemaUnresolvedException e) {
            err.println(e.getMessage());
        } catch (KafkaException e) {
            err.println("Kafka: "
                    + (e.getCause() == null ? e.getMessage() : e.getCause().getMessage()));
        }
        return ExitCode.SOFTWARE;
    }

    private ClientConfig config() {
        try {
            if (count != null && count < 1) {
                throw new IllegalArgumentException("--count: " + count + " (expected: 1 or more)");
            }
            return kafka.config();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), e.getMessage(), e);
        }
    }

    private int print(ResultReader reader, StopRequest stop) {
        PrintWriter out = command.commandLine().getOut();
        Function<ReceivedResult, String> form =
                json ? new ResultJson()::of : received -> ResultRow.of(received.result());
        if (!json) {
            out.println(ResultRow.header());
            out.flush();
        }
        long printed = 0;
        long lastCame = System.nanoTime();
        while (!stop.requested()) {
            List<ReceivedResult> results = reader.poll(POLL);
            for (ReceivedResult received : results) {
                out.println(form.apply(received));
                printed++;
                if (count != null && printed == count) {
                    out.flush();
                    return ExitCode.OK;
                }
            }
            // checkError flushes; it fails when whoever read the other end of a pipe has gone.
            if (!results.isEmpty() && out.checkError()) {
                return ExitCode.OK;
            }
            lastCame = results.isEmpty() ? lastCame : System.nanoTime();
            if (timeout != null && System.nanoTime() - lastCame >= timeout.toNanos()) {
                return count == null ? ExitCode.OK : tooFew(printed);
            }
        }
        return ExitCode.OK;
    }

    private int tooFew(long printed) {
        command.commandLine().getErr().println("results: " + printed + " (expected: " + count + ")");
        return ExitCode.SOFTWARE;
    }
}

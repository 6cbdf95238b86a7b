package dev.millrace.producer.cli;

import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.deadletter.DeadLetter;
import dev.millrace.producer.deadletter.LetterFilter;
import dev.millrace.producer.deadletter.LetterReader;
import dev.millrace.producer.deadletter.OriginalRequests;
import dev.millrace.producer.deadletter.Position;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.wire.WireTerms;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dlq show}: one letter, everything about it. */
@Command(
        name = "show",
        description = "Show one dead letter: why it is here, its headers, and its request where that can be read.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:shown, and saved if asked to", "1:no such letter, not saved, or no broker", "2:wrong usage"},
        footerHeading = "%nExamples:%n",
        footer = {"  millrace dlq show 0@17", "  millrace dlq show 0@17 --save request.avro --json"})
final class DlqShowCommand implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(200);

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli, as is the letter.
    private CommandSpec command;

    @Parameters(
            paramLabel = "LETTER",
            converter = PositionConverter.class,
            description = "PARTITION@OFFSET, as list prints it.")
    @SuppressWarnings("NullAway.Init")
    private Position position;

    @Mixin
    private final KafkaOptions kafka = new KafkaOptions();

    @Option(
            names = "--save",
            paramLabel = "FILE",
            description = "Write the request's bytes to FILE, which must not exist.")
    private @Nullable Path save;

    @Option(names = "--json", description = "Print one JSON object, nothing else, on stdout.")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
        return KafkaRun.of(command, this::show);
    }

    private int show() throws BrokerUnreachableException, InterruptedException {
        ClientConfig config = kafka.config();
        DeadLetter letter = read(config);
        if (letter == null) {
            command.commandLine()
                    .getErr()
                    .println("letter: " + position + " (expected: one that "
                            + config.topics().deadLetters() + " has; see: millrace dlq list)");
            return ExitCode.SOFTWARE;
        }
        OriginalRequests.Lookup original;
        try (OriginalRequests originals = new OriginalRequests(config)) {
            original = originals.of(letter);
        }
        PrintWriter out = command.commandLine().getOut();
        try (WireTerms wire = WireTerms.from(config.kafka())) {
            if (json) {
                out.println(new LetterJson().whole(letter, original, wire));
            } else {
                out.print(LetterText.of(letter, original, wire));
            }
        }
        out.flush();
        return save == null || saved(save, original) ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private @Nullable DeadLetter read(ClientConfig config) throws BrokerUnreachableException, InterruptedException {
        try (LetterReader reader = LetterReader.open(config, LetterFilter.of(Set.of(position)))) {
            while (!reader.atEnd()) {
                List<DeadLetter> letters = reader.poll(POLL);
                if (!letters.isEmpty()) {
                    return letters.get(0);
                }
            }
            return null;
        }
    }

    private boolean saved(Path file, OriginalRequests.Lookup original) {
        PrintWriter err = command.commandLine().getErr();
        if (!(original instanceof OriginalRequests.Found found)) {
            err.println("--save: nothing to save: " + ((OriginalRequests.Gone) original).why());
            return false;
        }
        try {
            Files.write(file, found.payload(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            return true;
        } catch (FileAlreadyExistsException e) {
            err.println("--save: " + file + " exists (expected: a new file)");
        } catch (IOException e) {
            err.println("--save: " + file + ": " + e + " (expected: a file that can be written)");
        }
        return false;
    }
}

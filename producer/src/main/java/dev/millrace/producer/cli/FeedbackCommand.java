package dev.millrace.producer.cli;

import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.ImageClient;
import dev.millrace.producer.PublishException;
import dev.millrace.producer.Receipt;
import dev.millrace.producer.RequiredTopics;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code feedback}: says what requests really showed. */
@Command(
        name = "feedback",
        description = {
            "Say what requests really showed: the judge measures accuracy by it.",
            "A later label of the same request supersedes."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:Kafka has all labels", "1:it has not; no broker", "2:wrong usage; nothing was published"},
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace feedback 0198c7f2-77aa-7d3e Sneaker",
            "  millrace feedback --file labels.csv --by qa --bootstrap 127.0.0.1:9092",
        })
public final class FeedbackCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli, as are the options below.
    private CommandSpec command;

    @Mixin
    private final KafkaOptions kafka = new KafkaOptions();

    @Parameters(index = "0", arity = "0..1", paramLabel = "REQUEST_ID", description = "Which request.")
    private @Nullable String requestId;

    @Parameters(index = "1", arity = "0..1", paramLabel = "LABEL", description = "Its class, as the model names it.")
    private @Nullable String label;

    @Option(
            names = "--file",
            paramLabel = "FILE",
            description = "Many, one REQUEST_ID,LABEL a line; -: standard input.")
    private @Nullable Path file;

    @Option(names = "--by", paramLabel = "NAME", description = "Who says so (default: the user's name).")
    private String by = System.getProperty("user.name", "");

    /** Publishes to any Kafka. */
    public FeedbackCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        return KafkaRun.of(command, () -> {
            List<LabelFile.Entry> entries = entries();
            ClientConfig config = kafka.config();
            RequiredTopics.check(config, List.of(config.topics().feedback()));
            try (ImageClient client = ImageClient.connect(config)) {
                return publish(client, entries);
            }
        });
    }

    private List<LabelFile.Entry> entries() {
        if (file != null && requestId == null) {
            return LabelFile.read(file);
        }
        if (file == null && requestId != null && label != null && !label.isBlank()) {
            return List.of(new LabelFile.Entry(requestId, label));
        }
        throw new ParameterException(
                command.commandLine(), "feedback: REQUEST_ID LABEL, or --file FILE (expected: one of them)");
    }

    private int publish(ImageClient client, List<LabelFile.Entry> entries) throws InterruptedException {
        List<CompletableFuture<Receipt>> receipts = new ArrayList<>(entries.size());
        for (LabelFile.Entry entry : entries) {
            receipts.add(client.feedback(entry.requestId(), entry.label(), by));
        }
        int published = 0;
        PrintWriter err = command.commandLine().getErr();
        for (CompletableFuture<Receipt> receipt : receipts) {
            try {
                receipt.get();
                published++;
            } catch (ExecutionException e) {
                Throwable cause = e.getCause();
                err.println(cause instanceof PublishException ? cause.getMessage() : String.valueOf(cause));
            }
        }
        PrintWriter out = command.commandLine().getOut();
        out.printf("%,d of %,d labels published%n", published, entries.size());
        out.flush();
        return published == entries.size() ? ExitCode.OK : ExitCode.SOFTWARE;
    }
}

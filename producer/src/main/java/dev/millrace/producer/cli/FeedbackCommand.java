package dev.millrace.producer.cli;

import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.ImageClient;
import dev.millrace.producer.PublishException;
import dev.millrace.producer.Receipt;
import dev.millrace.producer.ReceivedResult;
import dev.millrace.producer.RequestPlace;
import dev.millrace.producer.RequiredTopics;
import dev.millrace.producer.ResultReader;
import dev.millrace.producer.source.SourceLabels;
import dev.millrace.producer.source.SourceResolver;
import dev.millrace.producer.source.SourceResolvers;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
            "Say what requests really showed: the judge measures accuracy by it, and the",
            "trainer retrains on it. A later label of the same request supersedes.",
            "A file's first line may be request_id,topic,partition,offset,label: its labels",
            "also say where each request is (source_* in `results --json`), so that its",
            "image is found even by a trainer that has not seen the result."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:Kafka has all labels, and with --dataset at least one",
            "1:it has not; no broker",
            "2:wrong usage; nothing was published"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace feedback 0198c7f2-77aa-7d3e Sneaker",
            "  millrace feedback --file labels.csv --by qa --bootstrap 127.0.0.1:9092",
            "  millrace produce bundled:fashion-mnist --count 500 --await",
            "  millrace feedback --dataset bundled:fashion-mnist --since 10m",
        })
public final class FeedbackCommand implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(100);

    private final SourceResolvers resolvers;

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

    @Option(
            names = "--dataset",
            paramLabel = "SPEC",
            description = "The labels of a data set, for all results so far of requests that"
                    + " `millrace produce SPEC` has sent.")
    private @Nullable String dataset;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "With --dataset: results of the last 10m, for instance (default: all).")
    private @Nullable Duration since;

    @Option(names = "--limit", paramLabel = "N", description = "With --dataset: at most N labels, the oldest results'.")
    private @Nullable Long limit;

    @Option(names = "--by", paramLabel = "NAME", description = "Who says so (default: the user's name).")
    private String by = System.getProperty("user.name", "");

    /** Knows the labels of the sources that {@code extra} knows. */
    public FeedbackCommand(List<SourceResolver> extra) {
        resolvers = new SourceResolvers(extra);
    }

    /** Knows the labels of no data set. */
    public FeedbackCommand() {
        this(List.of());
    }

    @Override
    public Integer call() throws InterruptedException {
        @Nullable SourceLabels labels;
        try {
            labels = labels();
        } catch (IOException e) {
            command.commandLine().getErr().println(e.getMessage());
            return ExitCode.SOFTWARE;
        }
        return KafkaRun.of(command, () -> {
            ClientConfig config = kafka.config();
            List<LabelFile.Entry> entries = labels == null ? entries() : entries(config, labels);
            RequiredTopics.check(config, List.of(config.topics().feedback()));
            try (ImageClient client = ImageClient.connect(config)) {
                return publish(client, entries);
            }
        });
    }

    /** Those of the data set; null: none is meant. */
    private @Nullable SourceLabels labels() throws IOException {
        boolean one = (file == null ? 0 : 1) + (requestId == null ? 0 : 1) + (dataset == null ? 0 : 1) == 1;
        if (!one || (requestId != null && (label == null || label.isBlank()))) {
            throw new ParameterException(
                    command.commandLine(),
                    "feedback: REQUEST_ID LABEL, --file FILE or --dataset SPEC (expected: one of them)");
        }
        if (dataset == null) {
            if (since != null || limit != null) {
                throw new ParameterException(command.commandLine(), "--since, --limit (expected: with --dataset)");
            }
            return null;
        }
        if (limit != null && limit < 1) {
            throw new ParameterException(command.commandLine(), "--limit: " + limit + " (expected: 1 or more)");
        }
        SourceLabels labels = resolvers.resolve(dataset).labels();
        if (labels == null) {
            throw new IOException("--dataset: " + dataset + " (expected: a data set with labels)");
        }
        return labels;
    }

    /** The labels of all results so far that are of images of a data set; of a result that came twice, one. */
    private List<LabelFile.Entry> entries(ClientConfig config, SourceLabels labels)
            throws BrokerUnreachableException, InterruptedException {
        Map<String, LabelFile.Entry> entries = new LinkedHashMap<>();
        Instant from = since == null ? Instant.EPOCH : Instant.now().minus(since);
        try (ResultReader reader = ResultReader.open(config, from)) {
            while (!reader.caughtUp() && !isEnough(entries.size())) {
                for (ReceivedResult received : reader.poll(POLL)) {
                    InferenceResult result = received.result();
                    String shown = labels.of(result.getRequestId());
                    if (shown != null && !isEnough(entries.size())) {
                        entries.put(
                                result.getRequestId(),
                                new LabelFile.Entry(result.getRequestId(), RequestPlace.of(result), shown));
                    }
                }
            }
        }
        if (entries.isEmpty()) {
            command.commandLine()
                    .getErr()
                    .println("results: none of %s (expected: of requests that `millrace produce %s` has sent)"
                            .formatted(labels.source(), labels.source()));
        }
        return List.copyOf(entries.values());
    }

    private boolean isEnough(int entries) {
        return limit != null && entries >= limit;
    }

    private List<LabelFile.Entry> entries() {
        return file != null
                ? LabelFile.read(file)
                : List.of(new LabelFile.Entry(Objects.requireNonNull(requestId), null, Objects.requireNonNull(label)));
    }

    private int publish(ImageClient client, List<LabelFile.Entry> entries) throws InterruptedException {
        List<CompletableFuture<Receipt>> receipts = new ArrayList<>(entries.size());
        for (LabelFile.Entry entry : entries) {
            receipts.add(client.feedback(entry.requestId(), entry.place(), entry.label(), by));
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
        boolean some = dataset == null || published > 0;
        return some && published == entries.size() ? ExitCode.OK : ExitCode.SOFTWARE;
    }
}

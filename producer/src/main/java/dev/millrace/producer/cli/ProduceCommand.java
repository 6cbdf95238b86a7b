package dev.millrace.producer.cli;

import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.ImageClient;
import dev.millrace.producer.MissingTopicException;
import dev.millrace.producer.OutgoingImage;
import dev.millrace.producer.source.Corruption;
import dev.millrace.producer.source.ImageSource;
import dev.millrace.producer.source.SourceResolver;
import dev.millrace.producer.source.SourceResolvers;
import dev.millrace.schemas.picture.PictureOutput;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.topic.ControlKey;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Callable;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code produce SOURCE...}: publishes images and, if asked to, waits for their answers. */
@Command(
        name = "produce",
        description = "Publish images for models to answer.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:all images published, and answered where awaited",
            "1:an image was unreadable, not published or not answered; no broker",
            "2:wrong usage"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace produce --bootstrap 127.0.0.1:9092 --await boot.png photos/",
            "  millrace produce --rate 200/s --deadline 500ms --json photos/",
            "  millrace produce --await --draw found/ --model fastestdet \\",
            "      street.jpg square.jpg",
            "  millrace produce --corrupt invert,noise:20 --seed 7 fashion-mnist",
        })
public final class ProduceCommand implements Callable<Integer> {
    private final SourceResolvers resolvers;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli, as are the options below.
    private CommandSpec command;

    @Mixin
    private final KafkaOptions kafka = new KafkaOptions();

    @Parameters(
            arity = "1..*",
            paramLabel = "SOURCE",
            description = "Image file (PNG or JPEG), folder of them, or a data set that this installation knows.")
    @SuppressWarnings("NullAway.Init")
    private List<String> sources;

    @Option(
            names = "--rate",
            paramLabel = "N/s",
            converter = Rate.Converter.class,
            description = "Images per second on a fixed schedule, such as 200/s or 30/m (default: as fast as they go).")
    private @Nullable Rate rate;

    @Option(names = "--count", paramLabel = "N", description = "Publish at most N images.")
    private @Nullable Long count;

    @Option(names = "--await", description = "Wait for every answer.")
    private boolean await;

    @Option(
            names = "--draw",
            paramLabel = "OUT",
            description =
                    "With --await: draw what a detector or segmenter found; a PNG file, or of several images a folder of them.")
    private @Nullable Path draw;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            defaultValue = "30s",
            converter = DurationConverter.class,
            description = "Longest wait for an acknowledgement or an answer (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private Duration timeout;

    @Option(
            names = "--max-in-flight",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Most images under way at once (default: ${DEFAULT-VALUE}).")
    private int maxInFlight;

    @Option(names = "--model", paramLabel = "NAME", description = "Model to ask (default: the worker's own).")
    private String model = "";

    @Option(
            names = "--deadline",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "An image not inferred this long after publishing is answered EXPIRED.")
    private @Nullable Duration deadline;

    @Option(
            names = "--key",
            paramLabel = "KEY",
            description = "Kafka key of every image; images of one key are answered in order (default: one each).")
    private @Nullable String key;

    @Option(
            names = "--corrupt",
            split = ",",
            paramLabel = "KIND",
            converter = CorruptionConverter.class,
            description = "Change the pixels of a data set's images, in this order, as drift would: invert, rotate90,"
                    + " rotate180 (clockwise), noise:SIGMA (0 to 255), dim:FACTOR (0 to 1).")
    private List<Corruption> corruptions = List.of();

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Of the noise: the same seed and images, the same pixels (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--json", description = "Print the summary as one JSON object, nothing else, on stdout.")
    private boolean json;

    /** Takes files and folders, and first of all what {@code extra} knows. */
    public ProduceCommand(List<SourceResolver> extra) {
        resolvers = new SourceResolvers(extra);
    }

    /** Takes files and folders. */
    public ProduceCommand() {
        this(List.of());
    }

    @Override
    public Integer call() throws InterruptedException {
        ClientConfig config = config();
        Tally tally = new Tally();
        List<ImageSource> resolved = resolve(tally);
        if (resolved.isEmpty()) {
            return ExitCode.SOFTWARE;
        }
        PrintWriter err = command.commandLine().getErr();
        try {
            return publish(config, resolved, tally);
        } catch (BrokerUnreachableException | MissingTopicException e) {
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
            if (draw != null && !await) {
                throw new IllegalArgumentException("--draw: without --await (expected: with it)");
            }
            if (!model.isEmpty()) {
                ControlKey.requireModelName(model);
            }
            return kafka.config().withTimeout(timeout).withMaxInFlight(maxInFlight);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), e.getMessage(), e);
        }
    }

    private List<ImageSource> resolve(Tally tally) {
        List<ImageSource> resolved = new ArrayList<>();
        for (String spec : sources) {
            try {
                resolved.add(resolvers.resolve(spec));
            } catch (IOException e) {
                command.commandLine().getErr().println(e.getMessage());
                tally.unreadable();
            }
        }
        return resolved;
    }

    private int publish(ClientConfig config, List<ImageSource> resolved, Tally tally)
            throws BrokerUnreachableException, InterruptedException {
        boolean finished;
        Random random = new Random(seed);
        PrintWriter err = command.commandLine().getErr();
        ResultPictures pictures =
                draw == null ? null : new ResultPictures(new PictureOutput(draw, total(resolved) != 1), err::println);
        PublishRun.Plan plan = new PublishRun.Plan(rate, count, await, image -> adjust(image, random), pictures);
        // The client is closed before what draws the answers that it still gives.
        try (pictures;
                StopRequest stop = StopRequest.listen(() -> {});
                ProgressLine progress = ProgressLine.start(err, "images", total(resolved));
                // Closed first, which waits for what is under way: then every image has been counted.
                ImageClient client = ImageClient.connect(config)) {
            tally.start();
            finished = new PublishRun(client, plan, tally, progress, stop).publish(resolved);
        }
        ProduceSummary summary = new ProduceSummary(tally.counts(), await);
        PrintWriter out = command.commandLine().getOut();
        if (json) {
            out.println(summary.json());
        } else {
            out.print(summary.text());
        }
        out.flush();
        boolean drawn = pictures == null || pictures.failed() == 0;
        return finished && drawn && summary.complete() ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private OutgoingImage adjust(OutgoingImage image, Random random) {
        OutgoingImage sent = image;
        for (Corruption corruption : corruptions) {
            sent = corruption.apply(sent, random);
        }
        return sent.withModel(model).withDeadline(deadline).withKey(key);
    }

    /** Images to come, or -1 when some source cannot say. */
    private long total(List<ImageSource> resolved) {
        long total = 0;
        for (ImageSource source : resolved) {
            OptionalLong size = source.size();
            if (size.isEmpty()) {
                return count == null ? -1 : count;
            }
            total += size.getAsLong();
        }
        return count == null ? total : Math.min(count, total);
    }
}

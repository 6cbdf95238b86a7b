package dev.millrace.trainer.cli;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.manifest.ArtifactPlace;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.gate.GoldenVectors;
import dev.millrace.trainer.publish.GoldenAnswers;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.trainer.publish.ModelRegistry.Start;
import dev.millrace.worker.model.ModelProperties;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "publish",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Publish a model file as the next version of its name. The first version of a",
            "name answers at once; a later one waits for `models promote`, or --promote.",
            "Workers fetch, verify, rehearse and warm what is to answer, then swap.",
            "",
            "Without --key it signs with your own key, publisher.key in the folder",
            "$MILLRACE_HOME (default: ~/.millrace), made on first use. A worker given",
            "--trusted-keys with publisher.pub from there runs only what you signed."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace models publish bundled:fashion-mnist --bootstrap localhost:9092",
            "  millrace models publish fashion.int8.onnx --key my-key.key \\",
            "      --bootstrap localhost:9092",
            "  millrace models publish fastestdet.onnx --bootstrap localhost:9092",
            "  millrace models publish yolov8n.onnx --name street \\",
            "      --property head.threshold=0.5 --bootstrap localhost:9092",
            "  millrace models publish fashion.int8.onnx --max-latency 5 \\",
            "      --artifact https://models.example.org/fashion.int8.onnx"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsPublishCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", description = BundledModels.FORMS)
    private String model;

    @Mixin
    private BrokerOptions broker;

    @Mixin
    private SigningOptions signing;

    @Option(names = "--name", paramLabel = "NAME", description = "model name (default: as in the file)")
    private @Nullable String name;

    @Option(names = "--labels", paramLabel = "FILE", description = "class names, one a line (default: as in the file)")
    private @Nullable Path labels;

    @Option(
            names = "--property",
            paramLabel = "KEY=VALUE",
            description = "what the file does not say of its use, or says otherwise; may be repeated")
    private List<String> properties = List.of();

    @Option(names = "--describe", paramLabel = "FILE", description = "the same, a KEY=VALUE on each line")
    private @Nullable Path description;

    @Option(
            names = "--artifact",
            paramLabel = "URL",
            defaultValue = "kafka:",
            description = "where workers get the file: kafka:, file:///PATH or https://HOST/PATH, which must hold"
                    + " the very bytes of MODEL (default: kafka:, the artifacts topic)")
    private String artifact;

    @Option(
            names = "--golden",
            paramLabel = "FILE",
            description = "what workers compare its answers with, as `gate --record-golden` wrote it (default: its"
                    + " answers to noise, here and now)")
    private @Nullable Path golden;

    @Option(
            names = "--max-latency",
            paramLabel = "MS",
            defaultValue = "0",
            description = "workers refuse it where one image takes longer on their CPU (default: 0, no bound)")
    private double maxLatency;

    @Option(names = "--promote", description = "let it answer at once")
    private boolean promote;

    @Option(names = "--dry-run", description = "say what would be published; write nothing")
    private boolean dryRun;

    @Option(names = "--reason", paramLabel = "TEXT", defaultValue = "", description = "why, for people")
    private String reason;

    @Option(names = "--json", description = "print one JSON object, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    private final PublisherKey ownKey;

    ModelsPublishCommand() {
        this(PublisherKey.ofUser());
    }

    ModelsPublishCommand(PublisherKey ownKey) {
        this.ownKey = ownKey;
    }

    @Override
    public Integer call() throws Exception {
        signing.requireSense();
        byte[] onnx = BundledModels.read(model);
        Map<String, String> said = ModelProperties.said(description, properties);
        ManifestDraft plain = ManifestDraft.of(onnx, name, labels == null ? null : labelsIn(labels), said)
                .at(ArtifactPlace.parse(artifact))
                .within(maxLatency);
        GoldenAnswers answers = new GoldenAnswers(onnx, plain.spec());
        ManifestDraft draft =
                plain.answering(golden == null ? answers.toNoise() : answers.asRecorded(GoldenVectors.read(golden)));
        if (dryRun) {
            rehearse(draft);
            return 0;
        }
        Start start = promote ? Start.ANSWERING : Start.WAITING;
        ModelRegistry.Published published =
                broker.registry().publish(onnx, draft, signing.signer(ownKey), start, Author.here(), reason);
        ModelManifest manifest = published.manifest();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonLine.of(ModelSummary.of(published)));
        } else if (published.answers()) {
            out.printf("%s, answers from epoch %d on%n", line(manifest), published.epoch());
        } else {
            out.printf("%s; version %d still answers%n", line(manifest), published.champion());
            out.printf("  millrace models promote %s %d%n", manifest.getName(), manifest.getVersion());
        }
        return 0;
    }

    private static String line(ModelManifest manifest) {
        return "%s version %d: %s, %,d bytes, sha256 %s"
                .formatted(
                        manifest.getName(),
                        manifest.getVersion(),
                        manifest.getPrecision(),
                        manifest.getBytes(),
                        manifest.getSha256().substring(0, 12));
    }

    private void rehearse(ManifestDraft draft) throws IOException, BrokerUnreachableException, InterruptedException {
        RegistryState state = broker.registry().read();
        ModelManifest manifest = draft.withVersion(state.latest(draft.name()) + 1, Instant.now());
        boolean answers = promote || state.decision(draft.name()) == null;
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonLine.of(ModelSummary.of(manifest, answers)));
        } else {
            out.printf("%s, would %s; nothing is written%n", line(manifest), answers ? "answer" : "wait");
        }
    }

    private static List<String> labelsIn(Path file) throws IOException {
        return Files.readAllLines(file).stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
    }
}

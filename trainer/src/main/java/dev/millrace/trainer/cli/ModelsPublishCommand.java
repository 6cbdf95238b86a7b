package dev.millrace.trainer.cli;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.trainer.publish.ModelRegistry.Start;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
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
            "Workers fetch, verify and warm what is to answer, then swap.",
            "",
            "Without --key it signs with your own key, publisher.key in the folder",
            "$MILLRACE_HOME (default: ~/.millrace), made on first use. A worker given",
            "--trusted-keys with publisher.pub from there runs only what you signed."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace models publish bundled:fashion-mnist --bootstrap localhost:9092",
            "  millrace models publish fashion.int8.onnx --key my-key.key \\",
            "      --bootstrap localhost:9092"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsPublishCommand implements Callable<Integer> {
    private static final String PRIVATE = ".key";

    @Parameters(paramLabel = "MODEL", description = BundledModels.FORMS)
    private String model;

    @Mixin
    private BrokerOptions broker;

    @Option(
            names = "--key",
            paramLabel = "FILE",
            description = "Ed25519 private key, NAME.key, with NAME.pub beside it (default: your own key)")
    private @Nullable Path key;

    @Option(
            names = "--public-key",
            paramLabel = "FILE",
            description = "the public key of --key, where it lies elsewhere")
    private @Nullable Path publicKey;

    @Option(names = "--name", paramLabel = "NAME", description = "model name (default: as in the file)")
    private @Nullable String name;

    @Option(names = "--labels", paramLabel = "FILE", description = "class names, one a line (default: as in the file)")
    private @Nullable Path labels;

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
        if (key == null && publicKey != null) {
            throw new ParameterException(
                    spec.commandLine(), "--public-key: %s (expected: with --key only)".formatted(publicKey));
        }
        byte[] onnx = BundledModels.read(model);
        ManifestDraft draft = ManifestDraft.of(onnx, name, labels == null ? null : labelsIn(labels));
        if (dryRun) {
            rehearse(draft);
            return 0;
        }
        Start start = promote ? Start.ANSWERING : Start.WAITING;
        ModelRegistry.Published published =
                broker.registry().publish(onnx, draft, signer(), start, Author.here(), reason);
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

    private ManifestSigner signer() throws IOException {
        if (key != null) {
            Path beside = publicKey == null ? publicKeyBeside(key) : publicKey;
            return new ManifestSigner(ManifestKeys.readPrivate(key), ManifestKeys.readPublic(beside));
        }
        boolean made = ownKey.makeIfAbsent();
        ManifestSigner signer = ownKey.signer();
        PrintWriter err = spec.commandLine().getErr();
        err.printf("Signing with %s%s. To trust it:%n", made ? "new key " : "", ownKey.privateFile());
        err.printf("  millrace worker --trusted-keys %s%n", ownKey.publicFile());
        return signer;
    }

    private static Path publicKeyBeside(Path key) throws IOException {
        String file = key.toString();
        if (!file.endsWith(PRIVATE)) {
            throw new IOException("key: %s (expected: a name ending in %s with a .pub beside it, or --public-key)"
                    .formatted(file, PRIVATE));
        }
        return Path.of(file.substring(0, file.length() - PRIVATE.length()) + ".pub");
    }

    private static List<String> labelsIn(Path file) throws IOException {
        return Files.readAllLines(file).stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
    }
}

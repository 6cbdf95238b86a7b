package dev.millrace.trainer.cli;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.publish.ModelRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
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
            "Publish a model file as the next version of its name and make it the one",
            "that answers. Workers fetch, verify and warm it, then swap.",
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
        byte[] onnx = BundledModels.read(model);
        ManifestDraft draft = ManifestDraft.of(onnx, name, labels == null ? null : labelsIn(labels));
        ManifestSigner signer = signer();
        ModelRegistry.Published published = broker.registry().publish(onnx, draft, signer, author(), reason);
        ModelManifest manifest = published.manifest();
        if (json) {
            spec.commandLine().getOut().println(JsonLine.of(ModelSummary.of(published)));
        } else {
            spec.commandLine()
                    .getOut()
                    .printf(
                            "%s version %d: %s, %,d bytes, sha256 %s, answers from epoch %d on%n",
                            manifest.getName(),
                            manifest.getVersion(),
                            manifest.getPrecision(),
                            manifest.getBytes(),
                            manifest.getSha256().substring(0, 12),
                            published.epoch());
        }
        return 0;
    }

    private ManifestSigner signer() throws IOException {
        if (key != null) {
            Path beside = publicKey == null ? publicKeyBeside(key) : publicKey;
            return new ManifestSigner(ManifestKeys.readPrivate(key), ManifestKeys.readPublic(beside));
        }
        if (publicKey != null) {
            throw new ParameterException(
                    spec.commandLine(), "--public-key: %s (expected: with --key only)".formatted(publicKey));
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

    private static String author() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = "localhost";
        }
        return System.getProperty("user.name", "unknown") + "@" + host;
    }
}

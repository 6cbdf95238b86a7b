package dev.millrace.trainer.cli;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.publish.ModelRegistry;
import java.io.IOException;
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
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "publish",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Publish a model file as the next version of its name and make it the one",
            "that answers. Workers fetch, verify and warm it, then swap."
        },
        footerHeading = "%nExample:%n",
        footer = {
            "  millrace models publish bundled:fashion-mnist --key my-key.key \\",
            "      --bootstrap localhost:9092"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsPublishCommand implements Callable<Integer> {
    private static final String PRIVATE = ".key";

    @Parameters(paramLabel = "MODEL", description = "an ONNX file or bundled:fashion-mnist")
    private String model;

    @Mixin
    private BrokerOptions broker;

    @Option(
            names = "--key",
            paramLabel = "FILE",
            required = true,
            description = "Ed25519 private key; its public key is beside it as .pub")
    private Path key;

    @Option(names = "--public-key", paramLabel = "FILE", description = "the public key, where it lies elsewhere")
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

    @Override
    public Integer call() throws Exception {
        ManifestSigner signer =
                new ManifestSigner(ManifestKeys.readPrivate(key), ManifestKeys.readPublic(publicKeyFile()));
        byte[] onnx = BundledModels.read(model);
        ManifestDraft draft = ManifestDraft.of(onnx, name, labels == null ? null : labelsIn(labels));
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

    private Path publicKeyFile() throws IOException {
        if (publicKey != null) {
            return publicKey;
        }
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

package dev.millrace.trainer.cli;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.trainer.rollout.VersionName;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "sign",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Sign a published version with another key, in the place of the signature that",
            "it has; its manifest stays as it is. It must be signed by a key of",
            "--trusted-keys: nobody should sign what just lies on the topic.",
            "",
            "To rotate keys: give workers the new .pub beside the old one, sign what they",
            "may still be told to load with the new key, then take the old .pub away."
        },
        footerHeading = "%nExample:%n",
        footer = {
            "  millrace models sign fashion champion --key new.key \\",
            "      --trusted-keys old.pub --bootstrap localhost:9092"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsSignCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "NAME", description = "model name")
    private String name;

    @Parameters(
            index = "1",
            paramLabel = VersionNameConverter.LABEL,
            converter = VersionNameConverter.class,
            description = VersionNameConverter.FORMS)
    private VersionName version;

    @Mixin
    private SigningOptions signing;

    @Mixin
    private TrustOptions trust;

    @Mixin
    private BrokerOptions broker;

    @Option(names = "--json", description = "print one JSON object, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    private final PublisherKey ownKey;

    /** A version as {@code --json} prints it. */
    private record Signed(String name, int version, String keyId, String sha256) {}

    ModelsSignCommand() {
        this(PublisherKey.ofUser());
    }

    ModelsSignCommand(PublisherKey ownKey) {
        this.ownKey = ownKey;
    }

    @Override
    public Integer call() throws Exception {
        signing.requireSense();
        ManifestSigner signer = signing.signer(ownKey);
        ModelManifest manifest =
                broker.registry().signAgain(name, version, trust.verifier(ownKey), signer, Author.here());
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonLine.of(new Signed(name, manifest.getVersion(), signer.keyId(), manifest.getSha256())));
        } else {
            out.printf("%s version %d: signed by key %s%n", name, manifest.getVersion(), signer.keyId());
        }
        return 0;
    }
}

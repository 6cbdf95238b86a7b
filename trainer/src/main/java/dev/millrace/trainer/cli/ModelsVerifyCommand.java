package dev.millrace.trainer.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.manifest.ManifestVerifier;
import dev.millrace.schemas.manifest.UntrustedManifestException;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.trainer.rollout.VersionName;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Check a published version as a worker does before it loads it: who signed its",
            "manifest, and whether its file, read from where the manifest says, is the one",
            "that was published. Exit code 1: a worker would refuse it."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace models verify fashion --bootstrap localhost:9092",
            "  millrace models verify fashion latest --trusted-keys /etc/millrace/keys \\",
            "      --bootstrap localhost:9092"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsVerifyCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "NAME", description = "model name")
    private String name;

    @Parameters(
            index = "1",
            paramLabel = VersionNameConverter.LABEL,
            arity = "0..1",
            defaultValue = "champion",
            converter = VersionNameConverter.class,
            description = VersionNameConverter.FORMS + " (default: ${DEFAULT-VALUE})")
    private VersionName version;

    @Mixin
    private TrustOptions trust;

    @Mixin
    private BrokerOptions broker;

    @Option(names = "--json", description = "print one JSON object, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    private final PublisherKey ownKey;

    /**
     * What was found, as {@code --json} prints it.
     *
     * @param trusted whether a trusted key has signed exactly this manifest, for this name and version
     * @param intact whether the file is the one that the manifest announces
     * @param problem why one of them is false
     */
    private record Findings(
            String name,
            int version,
            String keyId,
            boolean trusted,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String artifact,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String sha256,

            boolean intact,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String problem) {}

    ModelsVerifyCommand() {
        this(PublisherKey.ofUser());
    }

    ModelsVerifyCommand(PublisherKey ownKey) {
        this.ownKey = ownKey;
    }

    @Override
    public Integer call() throws Exception {
        ManifestVerifier verifier = trust.verifier(ownKey);
        ModelRegistry registry = broker.registry();
        RegistryState state = registry.read();
        Findings findings =
                look(registry, ModelRegistry.signed(state, name, version), version.in(state, name), verifier);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonLine.of(findings));
        } else {
            print(findings, out);
        }
        return findings.problem() == null ? 0 : 1;
    }

    private Findings look(ModelRegistry registry, ModelVersion signed, int number, ManifestVerifier verifier) {
        ModelManifest manifest;
        try {
            manifest = verifier.open(signed);
        } catch (UntrustedManifestException e) {
            return new Findings(name, number, signed.getKeyId(), false, null, null, false, e.getMessage());
        }
        String place = manifest.getArtifact();
        String sha256 = manifest.getSha256();
        if (!manifest.getName().equals(name) || manifest.getVersion() != number) {
            String problem = "manifest: of %s version %d (expected: %s version %d)"
                    .formatted(manifest.getName(), manifest.getVersion(), name, number);
            return new Findings(name, number, signed.getKeyId(), false, place, sha256, false, problem);
        }
        try {
            registry.artifact(manifest);
            return new Findings(name, number, signed.getKeyId(), true, place, sha256, true, null);
        } catch (IOException e) {
            return new Findings(name, number, signed.getKeyId(), true, place, sha256, false, FailureMessage.of(e));
        }
    }

    private static void print(Findings found, PrintWriter out) {
        out.printf("%s version %d%n", found.name(), found.version());
        out.printf("  signed     by key %s, %s%n", found.keyId(), found.trusted() ? "trusted" : "not trusted");
        if (found.artifact() != null) {
            out.printf("  artifact   %s%s%n", found.artifact(), found.intact() ? ", intact" : "");
            out.printf("  sha256     %s%n", found.sha256());
        }
        if (found.problem() != null) {
            out.printf("  refused    %s%n", found.problem());
        }
    }
}

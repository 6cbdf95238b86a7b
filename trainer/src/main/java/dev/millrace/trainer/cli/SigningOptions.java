package dev.millrace.trainer.cli;

import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.PublicKey;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** With which key a command signs. */
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class SigningOptions {
    private static final String PRIVATE = ".key";

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

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    void requireSense() {
        if (key == null && publicKey != null) {
            throw new ParameterException(
                    spec.commandLine(), "--public-key: %s (expected: with --key only)".formatted(publicKey));
        }
    }

    /** Of the key that was named, or of the user's own, which is made where there is none. */
    ManifestSigner signer(PublisherKey ownKey) throws IOException {
        if (key != null) {
            Path beside = publicKey == null ? publicKeyBeside(key) : publicKey;
            PrivateKey privateKey = ManifestKeys.readPrivate(key);
            PublicKey itsPublic = ManifestKeys.readPublic(beside);
            ManifestKeys.requirePair(privateKey, itsPublic);
            return new ManifestSigner(privateKey, itsPublic);
        }
        boolean made = ownKey.makeIfAbsent();
        ManifestSigner signer = ownKey.signer();
        spec.commandLine()
                .getErr()
                .printf(
                        "Signing with %s%s. To trust it:%n  millrace worker --trusted-keys %s%n",
                        made ? "new key " : "", ownKey.privateFile(), ownKey.publicFile());
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
}

package dev.millrace.trainer.cli;

import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestVerifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Whose signatures count for a command. */
final class TrustOptions {
    @Option(
            names = "--trusted-keys",
            paramLabel = "PATH",
            split = ",",
            description = "public key files or folders of *.pub, as workers get them (default: your own key)")
    private List<Path> trusted = List.of();

    ManifestVerifier verifier(PublisherKey ownKey) throws IOException {
        if (trusted.isEmpty() && !Files.exists(ownKey.publicFile())) {
            throw new IOException("trusted keys: none, there is no %s (expected: --trusted-keys PATH)"
                    .formatted(ownKey.publicFile()));
        }
        List<PublicKey> keys = new ArrayList<>();
        for (Path path : trusted.isEmpty() ? List.of(ownKey.publicFile()) : trusted) {
            for (Path file : ManifestKeys.publicFiles(path)) {
                keys.add(ManifestKeys.readPublic(file));
            }
        }
        if (keys.isEmpty()) {
            throw new IOException(
                    "trusted keys: none in %s (expected: a key file, or a folder of *.pub)".formatted(trusted));
        }
        return ManifestVerifier.trusting(keys);
    }
}

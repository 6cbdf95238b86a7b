package dev.millrace.trainer.cli;

import dev.millrace.schemas.manifest.ManifestKeys;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "keygen",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        description = {
            "Make an Ed25519 key pair: STEM.key signs model versions and stays with you,",
            "STEM.pub goes to the workers."
        },
        footerHeading = "%nExample:%n",
        footer = "  millrace models keygen my-key")
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsKeygenCommand implements Callable<Integer> {
    @Parameters(paramLabel = "STEM", description = "path of both files without their endings")
    private Path stem;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        KeyPair pair = ManifestKeys.generate();
        ManifestKeys.write(pair, stem.toAbsolutePath());
        spec.commandLine()
                .getOut()
                .printf("%s.key, %s.pub: key id %s%n", stem, stem, ManifestKeys.keyId(pair.getPublic()));
        return 0;
    }
}

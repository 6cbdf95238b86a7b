package dev.millrace.worker;

import dev.millrace.schemas.manifest.ManifestKeys;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The public keys that count, as their files are at the time: a key that is put beside the others counts from the next
 * manifest on, one that is taken away does not any more. So keys are rotated without a restart.
 */
final class TrustedKeys implements Supplier<Collection<PublicKey>> {
    private static final Logger log = LoggerFactory.getLogger(TrustedKeys.class);

    private final List<Path> paths;

    /** @param paths key files, or folders of them */
    TrustedKeys(List<Path> paths) {
        this.paths = List.copyOf(paths);
    }

    /** @throws IOException when one cannot be read, or there is none */
    void requireReadable() throws IOException {
        int keys = 0;
        for (Path path : paths) {
            try {
                for (Path file : ManifestKeys.publicFiles(path)) {
                    ManifestKeys.readPublic(file);
                    keys++;
                }
            } catch (FileSystemException e) {
                throw new IOException(path + ": cannot be read (expected: a key file, or a folder of *.pub)", e);
            }
        }
        if (keys == 0) {
            throw new IOException("no key in " + paths + " (expected: a key file, or a folder of *.pub)");
        }
    }

    /** Those that can be read: a file that is just being written costs its own key only. */
    @Override
    public Collection<PublicKey> get() {
        List<PublicKey> keys = new ArrayList<>();
        for (Path path : paths) {
            try {
                for (Path file : ManifestKeys.publicFiles(path)) {
                    read(file, keys);
                }
            } catch (IOException e) {
                warn(path, e);
            }
        }
        return keys;
    }

    private static void read(Path file, List<PublicKey> into) {
        try {
            into.add(ManifestKeys.readPublic(file));
        } catch (IOException e) {
            warn(file, e);
        }
    }

    private static void warn(Path path, IOException e) {
        log.atWarn().addKeyValue("path", path).addKeyValue("error", e).log("trusted key not read");
    }
}

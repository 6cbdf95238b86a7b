package dev.millrace.trainer.cli;

import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The key pair that one user signs with who names no other: {@code publisher.key} and {@code publisher.pub} in the user's
 * Millrace folder.
 *
 * @param folder need not exist yet
 */
record PublisherKey(Path folder) {
    private static final String STEM = "publisher";

    /** In {@code $MILLRACE_HOME}, or {@code ~/.millrace} where that is not set. */
    static PublisherKey ofUser() {
        String home = System.getenv("MILLRACE_HOME");
        boolean given = home != null && !home.isBlank();
        return new PublisherKey(
                given ? Path.of(home).toAbsolutePath() : Path.of(System.getProperty("user.home"), ".millrace"));
    }

    Path privateFile() {
        return folder.resolve(STEM + ".key");
    }

    Path publicFile() {
        return folder.resolve(STEM + ".pub");
    }

    /**
     * Makes the pair, and the folder for its owner only, unless both files are there.
     *
     * @return whether it made them
     * @throws IOException when only one of the files is there or they cannot be written
     */
    boolean makeIfAbsent() throws IOException {
        boolean hasPrivate = Files.exists(privateFile());
        boolean hasPublic = Files.exists(publicFile());
        if (hasPrivate != hasPublic) {
            throw new IOException("publisher key: %s without %s (expected: both, or neither to make new ones)"
                    .formatted(
                            hasPrivate ? privateFile() : publicFile(),
                            (hasPrivate ? publicFile() : privateFile()).getFileName()));
        }
        if (hasPrivate) {
            return false;
        }
        try {
            makeFolder();
            ManifestKeys.write(ManifestKeys.generate(), folder.resolve(STEM));
            return true;
        } catch (IOException e) {
            throw new IOException(
                    "publisher key: cannot be made in %s: %s (expected: a writable MILLRACE_HOME, or --key)"
                            .formatted(folder, e),
                    e);
        }
    }

    ManifestSigner signer() throws IOException {
        return new ManifestSigner(ManifestKeys.readPrivate(privateFile()), ManifestKeys.readPublic(publicFile()));
    }

    private void makeFolder() throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        Files.createDirectories(folder.toAbsolutePath().getParent());
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectory(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
            Files.createDirectory(folder);
        }
    }
}

package dev.millrace.trainer.retrain;

import dev.millrace.trainer.files.WholeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The float weights behind versions that were published, by the SHA-256 of what was published: an int8 model cannot be trained on. Only the
 * three that were last kept or gone on from are there. One thread at a time.
 */
public final class Weights {
    private static final int MOST = 3;
    private static final String SUFFIX = ".safetensors";

    private final Path folder;

    /** @param folder is made when there is something to keep */
    public Weights(Path folder) {
        this.folder = folder;
    }

    /**
     * The weights behind a model file; empty where they are not known here.
     *
     * @param sha256 of the ONNX bytes, 64 lower-case hex digits
     */
    public Optional<Path> of(String sha256) throws IOException {
        Path file = file(sha256);
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
        return Optional.of(file);
    }

    /** Keeps a copy of the weights behind a model file, and lets the oldest go. */
    public void keep(String sha256, Path weights) throws IOException {
        Path kept = file(sha256);
        WholeFile.write(kept, Files.readAllBytes(weights));
        List<Path> others;
        try (Stream<Path> files = Files.list(folder)) {
            others = files.filter(file -> file.toString().endsWith(SUFFIX) && !file.equals(kept))
                    .sorted(Comparator.comparing(Weights::modified).reversed())
                    .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        for (Path old : others.subList(Math.min(MOST - 1, others.size()), others.size())) {
            Files.deleteIfExists(old);
        }
    }

    private Path file(String sha256) {
        if (!sha256.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("sha256: %s (expected: 64 lower-case hex digits)".formatted(sha256));
        }
        return folder.resolve(sha256 + SUFFIX);
    }

    private static FileTime modified(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

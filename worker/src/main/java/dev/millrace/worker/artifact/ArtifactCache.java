package dev.millrace.worker.artifact;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Artifacts on this machine's disk, by SHA-256; several workers may share a folder. What cannot be written is a warning,
 * what is read is hashed again. Beyond the limit those go that were used longest ago: a file's time is its last use.
 */
public final class ArtifactCache {
    private static final Logger log = LoggerFactory.getLogger(ArtifactCache.class);
    private static final String PART = ".part-";
    private static final String ENDING = ".onnx";
    /** By then whoever wrote it has ended. */
    private static final Duration LEFT_OVER = Duration.ofHours(1);

    private final Path folder;
    private final long limitBytes;

    /** A file and its last use. */
    private record Kept(Path file, long bytes, FileTime used) {}

    /**
     * Makes the folder where it is not there, and deletes what writers that were killed have left in it.
     *
     * @param limitBytes the most that its files may have together
     */
    public ArtifactCache(Path folder, long limitBytes) {
        this.folder = folder;
        this.limitBytes = limitBytes;
        try {
            Files.createDirectories(folder);
            sweep();
        } catch (IOException | DirectoryIteratorException e) {
            warn("cannot be used", folder, e);
        }
    }

    private void sweep() throws IOException {
        Instant before = Instant.now().minus(LEFT_OVER);
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, PART + "*")) {
            for (Path part : parts) {
                if (Files.getLastModifiedTime(part).toInstant().isBefore(before)) {
                    Files.deleteIfExists(part);
                }
            }
        }
    }

    /** What is here and still is what was written; what is not, is deleted. */
    Optional<byte[]> read(Wanted wanted) {
        Path file = file(wanted);
        try {
            byte[] found;
            try (InputStream in = Files.newInputStream(file)) {
                found = in.readNBytes(wanted.bytes() + 1);
            }
            if (wanted.isMetBy(found)) {
                use(file);
                return Optional.of(found);
            }
            log.atWarn().addKeyValue("file", file).log("model cache: not what was written, deleted");
            Files.deleteIfExists(file);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            warn("cannot be read", file, e);
        }
        return Optional.empty();
    }

    private static void use(Path file) {
        try {
            Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
        } catch (IOException e) {
            log.debug("model cache: last use not noted file={}", file, e);
        }
    }

    /** Keeps them, if there is room. */
    void keep(Wanted wanted, byte[] bytes) {
        if (bytes.length > limitBytes) {
            log.atWarn()
                    .addKeyValue("bytes", bytes.length)
                    .addKeyValue("limit", limitBytes)
                    .log("model cache: a model is larger than all of it, not kept");
            return;
        }
        Path part = folder.resolve(
                PART + wanted.sha256() + "-" + ProcessHandle.current().pid() + "-" + System.nanoTime());
        try {
            makeRoomFor(bytes.length);
            Files.write(part, bytes);
            Files.move(part, file(wanted), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | DirectoryIteratorException e) {
            warn("cannot be written, served without", folder, e);
            discard(part);
        }
    }

    private void makeRoomFor(long bytes) throws IOException {
        List<Kept> kept = kept();
        long total = kept.stream().mapToLong(Kept::bytes).sum() + bytes;
        for (Kept oldest : kept) {
            if (total <= limitBytes) {
                return;
            }
            Files.deleteIfExists(oldest.file());
            total -= oldest.bytes();
        }
    }

    /** Used longest ago first. */
    private List<Kept> kept() throws IOException {
        List<Kept> kept = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + ENDING)) {
            for (Path file : files) {
                try {
                    kept.add(new Kept(file, Files.size(file), Files.getLastModifiedTime(file)));
                } catch (NoSuchFileException e) {
                    // Another worker made room.
                }
            }
        }
        kept.sort(Comparator.comparing(Kept::used));
        return kept;
    }

    private static void discard(Path part) {
        try {
            Files.deleteIfExists(part);
        } catch (IOException e) {
            log.debug("model cache: left over file={}", part, e);
        }
    }

    private Path file(Wanted wanted) {
        return folder.resolve(wanted.sha256() + ENDING);
    }

    private static void warn(String what, Path path, Exception e) {
        log.atWarn().addKeyValue("path", path).addKeyValue("error", e).log("model cache: " + what);
    }
}

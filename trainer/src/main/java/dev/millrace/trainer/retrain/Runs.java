package dev.millrace.trainer.retrain;

import dev.millrace.worker.rehearsal.BoundedProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that has a folder for each run. One that has no {@code run.json} is what a crash has left of one that was begun or deleted.
 * Belongs to the thread that owns the runs.
 */
public final class Runs {
    private static final Logger log = LoggerFactory.getLogger(Runs.class);
    private static final String UNFINISHED = ".part";

    private final Path folder;
    private final Weights weights;

    /**
     * Runs in this folder, which is made when the first begins.
     *
     * @param weights of versions that were published before
     */
    public Runs(Path folder, Weights weights) {
        this.folder = folder;
        this.weights = weights;
    }

    /**
     * Begins a run: its folder is there whole or not at all. One of the same id that is there already is returned as it is. Older runs go
     * where all together take more than the spec allows.
     *
     * @throws IOException when the disk is full or the spec leaves no room, or the weights that it names are missing; nothing is left then
     */
    public RetrainRun begin(Beginning beginning) throws IOException {
        Optional<RetrainRun> known = find(beginning.run());
        if (known.isPresent()) {
            return known.get();
        }
        long most = beginning.spec().limits().diskBytes();
        sweep(beginning.run(), most);
        Path run = folder.resolve(beginning.run());
        Path unfinished = folder.resolve(beginning.run() + UNFINISHED);
        try {
            Files.createDirectories(unfinished);
            RetrainRun.begin(unfinished, beginning, weights);
            long bytes = bytes(unfinished);
            sweep(beginning.run(), most - bytes);
            if (bytes > most) {
                throw new IOException("limits.disk_mib: %,d (expected: at least the %,d MiB that the run begins with)"
                        .formatted(most >> 20, (bytes >> 20) + 1));
            }
            delete(run);
            Files.move(unfinished, run, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | RuntimeException e) {
            delete(unfinished);
            throw e;
        }
        return RetrainRun.open(run);
    }

    /** The run of an id, if it is here. */
    public Optional<RetrainRun> find(String run) throws IOException {
        Path at = folder.resolve(Beginning.requireRun(run));
        return Files.exists(at.resolve(RetrainRun.RECORD)) ? Optional.of(RetrainRun.open(at)) : Optional.empty();
    }

    /** All that are here, oldest first. */
    public List<RetrainRun> all() throws IOException {
        List<RetrainRun> all = new ArrayList<>();
        for (Path run : folders()) {
            if (isRun(run)) {
                try {
                    all.add(RetrainRun.open(run));
                } catch (IOException e) {
                    log.warn("run passed over folder={} error={}", run, e.getMessage());
                }
            }
        }
        all.sort(Comparator.comparing(RetrainRun::created));
        return all;
    }

    /**
     * Deletes what crashes have left, and the oldest runs until all together take no more than so many bytes, or only one is left.
     *
     * @param keep id of the run that stays, whatever it takes
     */
    public void sweep(String keep, long mostBytes) throws IOException {
        for (Path left : folders()) {
            if (!isRun(left) && !left.getFileName().toString().equals(keep + UNFINISHED)) {
                delete(left);
            }
        }
        long bytes = 0;
        List<RetrainRun> all = all();
        for (RetrainRun run : all) {
            bytes += bytes(run.folder());
        }
        for (RetrainRun old : all) {
            if (bytes > mostBytes && !old.id().equals(keep)) {
                bytes -= bytes(old.folder());
                delete(old.folder());
            }
        }
    }

    private static boolean isRun(Path at) {
        return !at.getFileName().toString().endsWith(UNFINISHED) && Files.exists(at.resolve(RetrainRun.RECORD));
    }

    private List<Path> folders() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(Files::isDirectory).sorted().toList();
        }
    }

    /** Its record first: what a crash leaves of it is no run any more. */
    private static void delete(Path run) throws IOException {
        if (Files.exists(run)) {
            Files.deleteIfExists(run.resolve(RetrainRun.RECORD));
            BoundedProcess.delete(run);
        }
    }

    private static long bytes(Path run) throws IOException {
        try (Stream<Path> files = Files.walk(run)) {
            return files.filter(Files::isRegularFile).mapToLong(Runs::size).sum();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package dev.millrace.trainer.service;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.trainer.files.WholeFile;
import dev.millrace.trainer.replay.ReplaySpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a retrainer keeps on disk, and what it remembers over restarts. One thread at a time. */
final class WorkFolder {
    private static final JsonMapper JSON = new JsonMapper();

    /** Labels come later than their results, and records with older times may come late. */
    private static final Duration ONCE_MORE = Duration.ofMinutes(10);

    private static final Duration AT_FIRST = Duration.ofDays(1);

    private final Path folder;
    private @Nullable Memory known;

    /**
     * Remembered over restarts.
     *
     * @param readUntil ISO 8601: what results and labels came before is in the buffer; empty: nothing was read
     * @param addedAtRun the buffer's sequence number when the last run began
     * @param countedRun the last run that has begun; empty: none
     */
    private record Memory(String readUntil, long addedAtRun, String countedRun) {
        static final Memory NOTHING = new Memory("", 0, "");
    }

    WorkFolder(Path folder) {
        this.folder = folder;
    }

    Path weights() {
        return folder.resolve("weights");
    }

    Path runs() {
        return folder.resolve("runs");
    }

    Path references() {
        return folder.resolve("references");
    }

    /** One for each shape and list of classes: a model that takes or gives something else begins with nothing. */
    Path buffer(ReplaySpec of) {
        byte[] text = (of.shape() + " " + of.classes()).getBytes(StandardCharsets.UTF_8);
        return folder.resolve("replay-" + ManifestKeys.sha256(text).substring(0, 12) + ".images");
    }

    private Path file() {
        return folder.resolve("memory.json");
    }

    private Memory memory() throws IOException {
        if (known != null) {
            return known;
        }
        if (!Files.exists(file())) {
            return Memory.NOTHING;
        }
        try {
            Memory read = JSON.readValue(Files.readAllBytes(file()), Memory.class);
            known = read;
            return read;
        } catch (JacksonException e) {
            throw new IOException(file() + ": not readable (expected: as a trainer writes it)", e);
        }
    }

    private void remember(Memory memory) throws IOException {
        WholeFile.write(file(), JSON.writeValueAsBytes(memory));
        known = memory;
    }

    /** From when on results and labels are to be read. */
    Instant readSince(Instant now) throws IOException {
        String until = memory().readUntil();
        return until.isEmpty() ? now.minus(AT_FIRST) : Instant.parse(until).minus(ONCE_MORE);
    }

    /** What came before that is in the buffer, safe on disk. */
    void read(Instant until) throws IOException {
        Memory now = memory();
        remember(new Memory(until.toString(), now.addedAtRun(), now.countedRun()));
    }

    long addedAtRun() throws IOException {
        return memory().addedAtRun();
    }

    /** The last run that was counted from; empty: none. */
    String countedRun() throws IOException {
        return memory().countedRun();
    }

    /** From now on labels count from that run on. */
    void count(String run, long added) throws IOException {
        remember(new Memory(memory().readUntil(), added, run));
    }

    /** The buffer is a new one. */
    void forget() throws IOException {
        remember(Memory.NOTHING);
    }
}

package dev.millrace.trainer.service;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.dataset.Split;
import dev.millrace.trainer.drift.Reference;
import dev.millrace.trainer.evaluate.Evaluator;
import dev.millrace.trainer.files.WholeFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * How a champion answers the validation images of the base data: made once for each model file, on a thread of its own, since the data may
 * have to be downloaded first, and kept in a file. Asked by one thread.
 */
final class ChampionReference implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int IMAGES = 2_000;
    private static final Duration TRY_AGAIN = Duration.ofMinutes(1);

    private final DatasetSpec base;
    private final Path folder;
    private final Clock clock;
    private String sha256 = "";
    private @Nullable FutureTask<Reference> making;
    private Instant tryAgain = Instant.EPOCH;
    private @Nullable String trouble;

    /** @param folder is made when there is something to keep */
    ChampionReference(DatasetSpec base, Path folder, Clock clock) {
        this.base = base;
        this.folder = folder;
        this.clock = clock;
    }

    /**
     * The reference of a model file; empty while it is made, or cannot be.
     *
     * @param artifact gives the model's bytes, on that other thread
     */
    Optional<Reference> of(ModelManifest model, Callable<byte[]> artifact) throws InterruptedException {
        String modelSha256 = model.getSha256();
        if (!modelSha256.equals(sha256)) {
            close();
            sha256 = modelSha256;
            tryAgain = Instant.EPOCH;
            trouble = null;
        }
        if (making == null) {
            if (clock.instant().isBefore(tryAgain)) {
                return Optional.empty();
            }
            making = new FutureTask<>(() -> make(model, artifact));
            Thread maker = new Thread(making, "reference");
            maker.setDaemon(true);
            maker.start();
        }
        if (!making.isDone()) {
            return Optional.empty();
        }
        try {
            Reference made = making.get();
            trouble = null;
            return Optional.of(made);
        } catch (ExecutionException e) {
            Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
            trouble = "drift is not measured: " + cause.getMessage();
            making = null;
            tryAgain = clock.instant().plus(TRY_AGAIN);
            return Optional.empty();
        }
    }

    private Reference make(ModelManifest model, Callable<byte[]> artifact) throws Exception {
        Path file = folder.resolve(model.getSha256() + ".json");
        if (Files.exists(file)) {
            try {
                return JSON.readValue(Files.readAllBytes(file), Reference.class);
            } catch (JacksonException e) {
                // Made anew.
                Files.delete(file);
            }
        }
        Dataset data = base.load().labelledAs(model.getLabels()).resized(StreamWatch.shape(model));
        Reference made = Reference.of(
                new Evaluator(data.images(Split.VALIDATION).first(IMAGES), data.classes()).evaluate(artifact.call()));
        WholeFile.write(file, JSON.writeValueAsBytes(made));
        return made;
    }

    /** Why there is none; empty: it is there, or is being made. */
    String trouble() {
        return trouble == null ? "" : trouble;
    }

    /** Gives up what is being made. */
    @Override
    public void close() {
        if (making != null) {
            making.cancel(true);
            making = null;
        }
    }
}

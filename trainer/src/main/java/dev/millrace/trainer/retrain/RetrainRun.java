package dev.millrace.trainer.retrain;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.trainer.files.WholeFile;
import dev.millrace.trainer.publish.GoldenAnswers;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.replay.ReplayImages;
import dev.millrace.trainer.retrain.RunRecord.Failure;
import dev.millrace.trainer.retrain.RunRecord.From;
import dev.millrace.worker.model.ModelRefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One run and its folder, as it was when it was opened: {@code run.json} says what it is about, and every {@link Step} leaves one file there,
 * whole or not at all. A step whose file is there is not done again; {@link Step#TRAIN} goes on from its checkpoint. A run that has
 * failed stays so.
 *
 * <p>Immutable; the folder belongs to the run's process while there is one, else to the thread that holds this.
 */
public final class RetrainRun {
    static final String RECORD = "run.json";
    static final String CHAMPION = "champion.onnx";
    static final String INITIAL = "initial.safetensors";
    static final String REPLAYED = "replayed.images";
    static final String TRAINING = "train";

    private static final JsonMapper JSON = new JsonMapper();

    private final Path folder;
    private final RunRecord record;
    private final RetrainSpec spec;

    private RetrainRun(Path folder, RunRecord record, RetrainSpec spec) {
        this.folder = folder;
        this.record = record;
        this.spec = spec;
    }

    /**
     * Opens a run's folder.
     *
     * @throws IOException when it is none
     */
    public static RetrainRun open(Path folder) throws IOException {
        Path file = folder.resolve(RECORD);
        RunRecord record = RunRecord.read(file);
        return new RetrainRun(folder, record, RetrainSpec.parse(record.spec(), file + ", spec"));
    }

    /**
     * Puts a run's inputs into a new folder.
     *
     * @param weights of versions that were published before
     * @throws IOException when they cannot be written, or the weights that the spec names are not there
     */
    static void begin(Path folder, Beginning beginning, Weights weights) throws IOException {
        Champion champion = beginning.champion();
        Path initial = null;
        From from = From.SCRATCH;
        if (champion != null) {
            WholeFile.write(folder.resolve(CHAMPION), champion.onnx());
            initial = weights.of(champion.sha256()).orElse(null);
            from = From.CHAMPION;
        }
        if (initial == null) {
            initial = beginning.spec().base().weights();
            from = initial == null ? From.SCRATCH : From.BASE;
        }
        if (initial != null) {
            if (!Files.isRegularFile(initial)) {
                throw new IOException(
                        "base.weights: %s: no such file (expected: weights of `train`)".formatted(initial));
            }
            // A copy: the store lets them go when there are newer ones.
            WholeFile.write(folder.resolve(INITIAL), Files.readAllBytes(initial));
        }
        beginning.replayed().write(folder.resolve(REPLAYED));
        new RunRecord(
                        beginning.run(),
                        beginning.spec().model(),
                        beginning.at().toString(),
                        beginning.why(),
                        beginning.spec().train().seed(),
                        beginning.spec().text(),
                        champion == null ? null : champion.version(),
                        champion == null ? null : champion.sha256(),
                        from,
                        beginning.replayed().train().size(),
                        beginning.replayed().heldOut().size(),
                        null,
                        null)
                .write(folder.resolve(RECORD));
    }

    /** Its id. */
    public String id() {
        return record.run();
    }

    public String model() {
        return record.model();
    }

    /** As it was when the run began. */
    public RetrainSpec spec() {
        return spec;
    }

    /** What set it off. */
    public String why() {
        return record.why();
    }

    /** When it began. */
    public Instant created() {
        return Instant.parse(record.created());
    }

    /** Its folder. */
    public Path folder() {
        return folder;
    }

    /** The version that answered when it began; empty: there was none. */
    public OptionalInt champion() {
        Integer version = record.champion();
        return version == null ? OptionalInt.empty() : OptionalInt.of(version);
    }

    /** What it has to do next; empty when it has failed or has a candidate. */
    public Optional<Step> next() {
        if (record.failure() != null) {
            return Optional.empty();
        }
        for (Step step : Step.values()) {
            if (!Files.exists(output(step))) {
                return Optional.of(step);
            }
        }
        return Optional.empty();
    }

    /** Why it has ended without a candidate; empty: it has not. */
    public Optional<String> failure() {
        Failure failure = record.failure();
        return failure == null ? Optional.empty() : Optional.of(failure.reason());
    }

    /** Whether there is a candidate that passed the gate and is not known to be published. */
    public boolean hasCandidate() {
        return record.failure() == null && record.version() == null && next().isEmpty();
    }

    /** What it was published as; empty: it was not, as far as is known here. */
    public OptionalInt version() {
        Integer version = record.version();
        return version == null ? OptionalInt.empty() : OptionalInt.of(version);
    }

    /** Whether nothing is left to do. */
    public boolean isOver() {
        return record.failure() != null || record.version() != null;
    }

    /** What the gate found, a line for each check; none before it did. */
    public List<String> checks() throws IOException {
        Failure failure = record.failure();
        if (failure != null) {
            return failure.checks();
        }
        Path file = output(Step.GATE);
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            return JSON.readValue(Files.readAllBytes(file), new TypeReference<List<String>>() {});
        } catch (JacksonException e) {
            throw new IOException(file + ": not readable (expected: as a run writes it)", e);
        }
    }

    /** The ONNX bytes to publish. */
    public byte[] candidate() throws IOException {
        return Files.readAllBytes(output(Step.QUANTIZE));
    }

    /** SHA-256 of the ONNX bytes to publish, 64 lower-case hex digits. */
    public String candidateSha256() throws IOException {
        return ManifestKeys.sha256(candidate());
    }

    /** The float weights behind the candidate. */
    public Path weights() {
        return output(Step.TRAIN);
    }

    /**
     * The manifest of the candidate but for its version, with what it answers here. Runs the candidate in a process of its own.
     *
     * @throws ModelRefusedException when it cannot be served
     */
    public ManifestDraft draft() throws IOException, ModelRefusedException {
        byte[] onnx = candidate();
        ManifestDraft plain = ManifestDraft.of(onnx, record.model(), null);
        return plain.answering(new GoldenAnswers(onnx, plain.spec()).toNoise());
    }

    /**
     * Ends it without a version, for good.
     *
     * @param reason for people
     * @return the run as it is now
     */
    public RetrainRun failed(String reason) throws IOException {
        return failed(next().orElse(Step.GATE), reason, List.of());
    }

    RetrainRun failed(Step step, String reason, List<String> checks) throws IOException {
        return written(record.failed(new Failure(step, reason, checks)));
    }

    /**
     * Ends it with a version.
     *
     * @return the run as it is now
     */
    public RetrainRun published(int version) throws IOException {
        return written(record.published(version));
    }

    private RetrainRun written(RunRecord now) throws IOException {
        now.write(folder.resolve(RECORD));
        return new RetrainRun(folder, now, spec);
    }

    void passed(List<String> checks) throws IOException {
        WholeFile.write(output(Step.GATE), JSON.writeValueAsBytes(checks));
    }

    Path output(Step step) {
        return folder.resolve(step.output());
    }

    /** The champion's artifact; null: there was none. */
    byte @Nullable [] championModel() throws IOException {
        return record.champion() == null ? null : Files.readAllBytes(folder.resolve(CHAMPION));
    }

    /** The weights to go on from; empty: from scratch. */
    Optional<Path> initial() {
        return record.from() == From.SCRATCH ? Optional.empty() : Optional.of(folder.resolve(INITIAL));
    }

    ReplayImages replayed() throws IOException {
        return ReplayImages.read(folder.resolve(REPLAYED));
    }

    /** What its model says of where it comes from, but for the base data. */
    Map<String, String> lineage() {
        Map<String, String> lineage = new TreeMap<>(Map.of(
                ManifestDraft.RUN,
                record.run(),
                "retrain.why",
                record.why(),
                "retrain.from",
                record.from().name().toLowerCase(Locale.ROOT),
                "retrain.replayed",
                String.valueOf(record.replayed()),
                "retrain.held-out",
                String.valueOf(record.heldOut())));
        if (record.champion() != null && record.championSha256() != null) {
            lineage.put("retrain.champion", String.valueOf(record.champion()));
            lineage.put("retrain.champion.sha256", record.championSha256());
        }
        return lineage;
    }
}

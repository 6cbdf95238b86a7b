package dev.millrace.trainer.gate;

import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.onnx.PixelInput;
import dev.millrace.worker.rehearsal.BoundedProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a candidate may serve, by the limits of a {@link GateFile}:
 *
 * <pre>{@code
 * Gate gate = new Gate(GateFile.read(Path.of("gate.yaml")), images, classes);
 * GateReport report = gate.judge(candidate, null, null);
 * }</pre>
 *
 * <p>The checks, in this order: {@code bytes} of the file; {@code runs} (it loads and answers every image with numbers),
 * {@code memory_mib} and {@code seconds} of its process; {@code p99_ms} of one image at a time; {@code top1}, {@code top5},
 * {@code weighted_fbeta}, {@code recall.CLASS}; {@code drop_fp32} and {@code drop_champion} in points of top-1; {@code golden}, the
 * largest difference in a logit. All that the file asks for are made, also after one that did not pass.
 *
 * <p>No model is run in this JVM: see {@link BoundedProcess} for the process that does, and its limits. Not for code that the model brings
 * along to attack the machine: a process is no sandbox.
 */
public final class Gate {
    /** How many images {@link #recordGolden} takes. */
    public static final int GOLDEN_IMAGES = 16;

    private static final int HEAP_MIB = 96;

    private final GateFile file;
    private final LabelledImages images;
    private final List<String> classes;
    private final PixelInput input;

    /** As the constructor below, for models that describe themselves. */
    public Gate(GateFile file, LabelledImages images, List<String> classes) {
        this(file, images, classes, PixelInput.AS_THE_MODEL_SAYS);
    }

    /**
     * A gate over these images.
     *
     * @param classes names by label
     * @param input for models that do not say it themselves
     * @throws IllegalArgumentException when there are no images or more than the process can hold, or the file names a class that is not there
     */
    public Gate(GateFile file, LabelledImages images, List<String> classes, PixelInput input) {
        this.file = file;
        this.images = images;
        this.classes = List.copyOf(classes);
        this.input = input;
        if (images.size() == 0) {
            throw new IllegalArgumentException("images: none (expected: at least 1)");
        }
        long mib = (images.size() * (long) images.shape().bytes()) >> 20;
        if (mib > file.child().memoryMib() / 2) {
            throw new IllegalArgumentException(
                    "images: %,d MiB of pixels (expected: at most half of child.memory_mib, %,d)"
                            .formatted(mib, file.child().memoryMib()));
        }
        file.requireClasses(classes);
    }

    /**
     * Runs the candidate, and the models it is compared with, each in a process of its own, one after the other.
     *
     * @param candidate ONNX bytes
     * @param fp32 the model that the candidate was quantized from; null where the file asks for no such comparison
     * @param champion the model that answers now; null where the file asks for no such comparison
     * @throws IllegalArgumentException when a model to compare with is missing, or is there and the file does not ask for it
     * @throws IOException when the processes cannot be started, or the golden vectors cannot be read
     * @throws InterruptedException when the calling thread is interrupted; no process is left then
     */
    public GateReport judge(byte[] candidate, byte @Nullable [] fp32, byte @Nullable [] champion)
            throws IOException, InterruptedException {
        requireAsked("fp32", file.maxDrop().fp32(), fp32);
        requireAsked("champion", file.maxDrop().champion(), champion);
        GateFile.Golden golden = file.golden();
        GoldenVectors vectors = golden == null ? null : fitting(GoldenVectors.read(golden.file()));
        Trial trial = run(
                candidate,
                vectors == null
                        ? List.of()
                        : vectors.vectors().stream()
                                .map(vector -> vector.pixels().bytes())
                                .toList());
        Trial ofFp32 = fp32 == null ? null : run(fp32, List.of());
        Trial ofChampion = champion == null ? null : run(champion, List.of());
        return GateReport.of(new Decision(file, candidate.length, trial, ofFp32, ofChampion, vectors).checks());
    }

    /**
     * The logits that a model gives for the first images, in a process of its own: to be written where it is known to be right, and
     * checked where it is to serve.
     *
     * @throws IOException when the model does not run
     */
    public GoldenVectors recordGolden(byte[] onnx) throws IOException, InterruptedException {
        List<byte[]> chosen = new ArrayList<>();
        for (int i = 0; i < Math.min(GOLDEN_IMAGES, images.size()); i++) {
            chosen.add(images.image(i));
        }
        Trial.Outcome outcome = run(onnx, chosen).outcome();
        if (outcome instanceof Trial.Failed failed) {
            throw new IOException("model: " + failed.reason());
        }
        Trial.Answered answered = (Trial.Answered) outcome;
        List<GoldenVector> vectors = new ArrayList<>();
        for (int i = 0; i < chosen.size(); i++) {
            vectors.add(new GoldenVector(
                    new GoldenVector.Pixels(chosen.get(i)),
                    answered.goldenLogits().get(i)));
        }
        ImageShape shape = images.shape();
        return new GoldenVectors(
                answered.model(), sha256(onnx), shape.height(), shape.width(), shape.channels(), vectors);
    }

    private Trial run(byte[] onnx, List<byte[]> goldenImages) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("millrace-gate");
        try {
            new TrialRequest(input, file.metrics(), classes, images.shape(), goldenImages.size())
                    .write(folder, onnx, images, goldenImages);
            long payload = onnx.length
                    + (long) (images.size() + goldenImages.size())
                            * images.shape().bytes();
            BoundedProcess.Ended ended = new BoundedProcess(
                            folder, file.child().limits(), (int) (HEAP_MIB + 3 * (payload >> 20)), TrialMain.class)
                    .run();
            Trial.Outcome outcome =
                    ended.failure() == null ? TrialRequest.outcome(folder) : new Trial.Failed(ended.failure());
            return new Trial(ended.seconds(), ended.peakMib(), outcome);
        } finally {
            BoundedProcess.delete(folder);
        }
    }

    private GoldenVectors fitting(GoldenVectors vectors) {
        ImageShape shape = new ImageShape(vectors.height(), vectors.width(), vectors.channels());
        if (!shape.equals(images.shape())) {
            throw new IllegalArgumentException(
                    "golden: images of %s (expected: %s, as the data set has)".formatted(shape, images.shape()));
        }
        return vectors;
    }

    private static void requireAsked(String name, @Nullable Double limit, byte @Nullable [] model) {
        if (limit != null && model == null) {
            throw new IllegalArgumentException(
                    "max_drop.%s: %s (expected: a model to compare with, --%1$s MODEL)".formatted(name, limit));
        }
        if (limit == null && model != null) {
            throw new IllegalArgumentException(
                    "%s: given (expected: max_drop.%1$s in the gate file, to compare it by)".formatted(name));
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}

package dev.millrace.worker.rehearsal;

import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a version once, in a JVM of its own with bounded memory and time, before anybody loads it where requests are
 * answered: a model of a few kilobytes can ask for gigabytes, never end, or crash ONNX Runtime. On the CPU, whatever the
 * lanes have.
 */
public final class Rehearsal {
    private static final Logger log = LoggerFactory.getLogger(Rehearsal.class);
    private static final int HEAP_MIB = 96;
    private static final int MIB = 1 << 20;
    private static final long SEED = 20;

    private final ProcessLimits limits;
    private final Path parent;

    /** With these limits for every process, whose folders are in the temp directory. */
    public Rehearsal(ProcessLimits limits) {
        this(limits, Path.of(System.getProperty("java.io.tmpdir")));
    }

    /** With the folders of its processes in {@code parent}. */
    public Rehearsal(ProcessLimits limits, Path parent) {
        this.limits = limits;
        this.parent = parent;
    }

    /**
     * Runs the golden vectors, or a black image and one of noise where there are none.
     *
     * @throws ModelRefusedException when the model does not run within the limits, answers what is no number, or does not
     *     meet the expectation
     * @throws RehearsalUnavailableException when no process can be started, or has no room to work
     * @throws RehearsalStoppedException when the calling thread is interrupted; no process is left then
     */
    public Performance run(byte[] onnx, ModelSpec spec, Expectation expectation)
            throws ModelRefusedException, RehearsalUnavailableException {
        expectation.requireFit(spec);
        List<ByteBuffer> images =
                expectation.golden().stream().map(GoldenVector::pixels).toList();
        Performance performance = images.isEmpty()
                ? perform(onnx, spec, List.of(black(spec), noise(spec, SEED)), false)
                : perform(onnx, spec, images, true);
        expectation.requireMet(performance);
        return performance;
    }

    /**
     * What the model answers to images of its size, HWC.
     *
     * @throws ModelRefusedException when it does not run within the limits, or answers what is no number
     * @throws RehearsalUnavailableException as {@link #run}
     * @throws RehearsalStoppedException as {@link #run}
     */
    public Performance record(byte[] onnx, ModelSpec spec, List<ByteBuffer> images)
            throws ModelRefusedException, RehearsalUnavailableException {
        return perform(onnx, spec, images, true);
    }

    private Performance perform(byte[] onnx, ModelSpec spec, List<ByteBuffer> images, boolean answers)
            throws ModelRefusedException, RehearsalUnavailableException {
        RehearsalRequest request = new RehearsalRequest(spec, images.size(), answers);
        try {
            return inFolder(Files.createTempDirectory(parent, "rehearsal"), request, onnx, images);
        } catch (RehearsalUnavailableException e) {
            throw e;
        } catch (IOException e) {
            throw new RehearsalUnavailableException("rehearsal: not held, " + e.getMessage(), e);
        }
    }

    /** Deletes the folder in the end. */
    private Performance inFolder(Path folder, RehearsalRequest request, byte[] onnx, List<ByteBuffer> images)
            throws ModelRefusedException, IOException {
        ModelSpec spec = request.spec();
        try {
            request.write(folder, onnx, images);
            int heapMib = HEAP_MIB
                    + 2 * (onnx.length / MIB)
                    + 2 * (images.size() * spec.pixels().bytes() / MIB);
            BoundedProcess.Ended ended = new BoundedProcess(folder, limits, heapMib, RehearsalMain.class).run();
            Performance performance = performance(spec, ended, folder);
            log.atInfo()
                    .addKeyValue("model", spec.name())
                    .addKeyValue("version", spec.version())
                    .addKeyValue("seconds", rounded(ended.seconds()))
                    .addKeyValue("processor_seconds", rounded(performance.processorSeconds()))
                    .addKeyValue("peak_mib", rounded(ended.peakMib()))
                    .addKeyValue("median_ms", rounded(performance.medianMs()))
                    .log("model rehearsed");
            return performance;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RehearsalStoppedException("rehearsal: interrupted");
        } finally {
            discard(folder);
        }
    }

    private static void discard(Path folder) {
        try {
            BoundedProcess.delete(folder);
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("folder", folder)
                    .addKeyValue("error", e.getMessage())
                    .log("rehearsal: folder not deleted");
        }
    }

    private static String rounded(@Nullable Double figure) {
        return figure == null ? "unknown" : String.format(Locale.ROOT, "%.2f", figure);
    }

    static Performance performance(ModelSpec spec, BoundedProcess.Ended ended, Path folder)
            throws ModelRefusedException, IOException {
        if (ended.exitCode() == RehearsalMain.UNABLE) {
            throw new RehearsalUnavailableException("rehearsal: not held, its process " + ended.failure());
        }
        RehearsalRequest.Answer answer = ended.failure() == null
                ? RehearsalRequest.answered(folder)
                : new RehearsalRequest.Answer(null, ended.failure());
        if (answer.performance() == null) {
            throw new ModelRefusedException("rehearsal: " + spec + ": " + answer.failure());
        }
        return answer.performance();
    }

    /** Images of noise, the same for the same seed everywhere. */
    public static ByteBuffer noise(ModelSpec spec, long seed) {
        byte[] pixels = new byte[spec.pixels().bytes()];
        new Random(seed).nextBytes(pixels);
        return ByteBuffer.wrap(pixels);
    }

    private static ByteBuffer black(ModelSpec spec) {
        return ByteBuffer.allocate(spec.pixels().bytes());
    }
}

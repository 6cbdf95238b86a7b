package dev.millrace.worker.rehearsal;

import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.LoadedModel;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.model.OnnxRuntime;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The process of a {@link Rehearsal}: loads the model as a lane would, runs one image at a time, and leaves what came of
 * it in its working folder.
 */
final class RehearsalMain {
    /** Exit code where the model was not even tried: EX_TEMPFAIL of sysexits.h. */
    static final int UNABLE = 75;

    private static final int LONGEST_REASON = 500;
    private static final int TIMED_RUNS = 15;
    private static final long TIMED_NANOS = 2_000_000_000L;

    private RehearsalMain() {}

    public static void main(String[] arguments) {
        ParentWatch.start();
        // Not by returning: a model may have left threads behind.
        Runtime.getRuntime().halt(exitCode(Path.of("")));
    }

    private static int exitCode(Path folder) {
        try {
            unpackRuntime();
            RehearsalRequest.answer(folder, answer(folder));
            return 0;
        } catch (IOException e) {
            System.err.println("error: " + e);
            return UNABLE;
        }
    }

    /** Before the model: there may be no room for its libraries. After that nothing but the answer takes any. */
    private static void unpackRuntime() throws IOException {
        try {
            OnnxRuntime.environment();
        } catch (LinkageError e) {
            throw new IOException("ONNX Runtime: " + e, e);
        }
    }

    private static RehearsalRequest.Answer answer(Path folder) throws IOException {
        RehearsalRequest request = RehearsalRequest.read(folder);
        try {
            return new RehearsalRequest.Answer(
                    perform(request.model(folder), request.spec(), request.images(folder)), null);
        } catch (ModelRefusedException | ImageRejectedException | RuntimeException e) {
            return new RehearsalRequest.Answer(null, firstLine(e));
        } catch (OutOfMemoryError e) {
            return new RehearsalRequest.Answer(null, "out of memory: " + firstLine(e));
        }
    }

    private static Performance perform(byte[] onnx, ModelSpec spec, List<byte[]> images)
            throws ModelRefusedException, ImageRejectedException {
        PixelShape shape = spec.pixels();
        List<List<Float>> logits = new ArrayList<>();
        try (LoadedModel model = LoadedModel.load(onnx, spec, DeviceRequest.ANY_CPU, 1)) {
            Predictor predictor = new Predictor(model, 1, DecodeLimits.DEFAULT);
            for (byte[] image : images) {
                predictor.decode(EncodedImage.raw(shape.width(), shape.height(), shape.channels(), image), 0);
                predictor.run(1);
                // Refuses what is no number.
                predictor.top(0);
                logits.add(floats(model.logits(), spec.labels().size()));
            }
            return new Performance(logits, medianMs(predictor), processorSeconds());
        }
    }

    /** Of the image that was there last. */
    private static double medianMs(Predictor predictor) {
        long[] nanos = new long[TIMED_RUNS];
        int runs = 0;
        long begin = System.nanoTime();
        while (runs < TIMED_RUNS && (runs == 0 || System.nanoTime() - begin < TIMED_NANOS)) {
            long start = System.nanoTime();
            predictor.run(1);
            nanos[runs++] = System.nanoTime() - start;
        }
        Arrays.sort(nanos, 0, runs);
        return nanos[runs / 2] / 1e6;
    }

    private static @Nullable Double processorSeconds() {
        return ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .map(total -> total.toMillis() / 1e3)
                .orElse(null);
    }

    private static List<Float> floats(FloatBuffer logits, int n) {
        List<Float> floats = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
            floats.add(logits.get(i));
        }
        return floats;
    }

    private static String firstLine(Throwable e) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        String line = message.lines().findFirst().orElse(e.toString());
        return line.length() <= LONGEST_REASON ? line : line.substring(0, LONGEST_REASON) + "...";
    }
}

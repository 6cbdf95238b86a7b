package dev.millrace.worker.rehearsal;

import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.InferenceFailedException;
import dev.millrace.worker.model.LoadedModel;
import dev.millrace.worker.model.ModelOutput;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.model.OnnxRuntime;
import java.io.IOException;
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
            return new RehearsalRequest.Answer(perform(request, request.model(folder), request.images(folder)), null);
        } catch (ModelRefusedException | ImageRejectedException | RuntimeException e) {
            return new RehearsalRequest.Answer(null, firstLine(e));
        } catch (OutOfMemoryError e) {
            return new RehearsalRequest.Answer(null, "out of memory: " + firstLine(e));
        }
    }

    private static Performance perform(RehearsalRequest request, byte[] onnx, List<byte[]> images)
            throws ModelRefusedException, ImageRejectedException {
        ModelSpec spec = request.spec();
        PixelShape shape = spec.pixels();
        List<List<Float>> logits = new ArrayList<>();
        try (LoadedModel model = LoadedModel.load(onnx, spec, DeviceRequest.ANY_CPU, 1)) {
            Predictor predictor = new Predictor(model, 1, DecodeLimits.DEFAULT);
            for (byte[] image : images) {
                predictor.decode(EncodedImage.raw(shape.width(), shape.height(), shape.channels(), image), 0);
                predictor.run(1);
                List<Float> outputs = finite(model);
                predictor.answer(0);
                if (request.answers()) {
                    logits.add(outputs);
                }
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

    /** All outputs of the first image, one after the other; a head may not look at each. */
    private static List<Float> finite(LoadedModel model) {
        List<Float> floats = new ArrayList<>();
        List<ModelOutput> outputs = model.spec().outputs();
        for (int o = 0; o < outputs.size(); o++) {
            for (int i = 0; i < outputs.get(o).values(); i++) {
                float value = model.outputs().get(o).get(i);
                if (!Float.isFinite(value)) {
                    throw new InferenceFailedException(
                            outputs.get(o).tensor() + ": " + value + " (expected: a finite number)");
                }
                floats.add(value);
            }
        }
        return floats;
    }

    private static String firstLine(Throwable e) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        String line = message.lines().findFirst().orElse(e.toString());
        return line.length() <= LONGEST_REASON ? line : line.substring(0, LONGEST_REASON) + "...";
    }
}

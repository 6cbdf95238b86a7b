package dev.millrace.bench;

import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.infer.ScoredLabel;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.LoadedModel;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Blackhole;

/** What a lane does with a batch between Kafka and Kafka, beside the session run that is in it anyway. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class PredictorBenchmark {
    private static final int TOP_K = 5;

    /** A model file, or a bundled model. */
    @Param("bundled:fashion-mnist")
    public String model = BundledModels.FASHION_MNIST;

    /** Images in a session run. */
    @Param({"1", "8"})
    public int batch;

    private Loaded loaded = Loaded.NONE;

    private record Loaded(LoadedModel session, Predictor predictor, EncodedImage image) {
        @SuppressWarnings("NullAway") // JMH calls prepare() before anything else.
        static final Loaded NONE = new Loaded(null, null, null);
    }

    /** Loads the model and makes one random image. */
    @Setup
    public void prepare() throws IOException, ModelRefusedException {
        byte[] onnx = BundledModels.read(model);
        ModelSpec spec = ModelSpec.describe(onnx);
        LoadedModel session = LoadedModel.load(onnx, spec, DeviceRequest.ANY_CPU, batch);
        PixelShape shape = spec.pixels();
        byte[] pixels = new byte[shape.bytes()];
        new Random(1).nextBytes(pixels);
        loaded = new Loaded(
                session,
                new Predictor(session, TOP_K, DecodeLimits.DEFAULT),
                EncodedImage.raw(shape.width(), shape.height(), shape.channels(), pixels));
    }

    /** The baseline: the session alone, on whatever pixels its buffer holds. */
    @Benchmark
    public FloatBuffer sessionRun() {
        loaded.session().run(batch);
        return loaded.session().logits();
    }

    /** Decode into the batch buffer, session run, softmax and top labels. */
    @Benchmark
    public void decodeRunAndTop(Blackhole hole) throws ImageRejectedException {
        for (int slot = 0; slot < batch; slot++) {
            loaded.predictor().decode(loaded.image(), slot);
        }
        loaded.predictor().run(batch);
        for (int slot = 0; slot < batch; slot++) {
            List<ScoredLabel> top = loaded.predictor().top(slot);
            hole.consume(top);
        }
    }

    /** Closes the session. */
    @TearDown
    public void close() {
        loaded.predictor().close();
        loaded.session().close();
    }
}

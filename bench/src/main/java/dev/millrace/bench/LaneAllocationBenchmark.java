package dev.millrace.bench;

import dev.millrace.bench.limit.child.Samples;
import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.infer.PredictorOptions;
import dev.millrace.worker.model.ModelRefusedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What a lane's steps between consumer and producer allocate per image, in batches of 8; run with {@code --alloc}. Each
 * benchmark does what the one before it does, and one step more.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class LaneAllocationBenchmark {
    private static final int BATCH = 8;

    private final WireCodec<ImageRequest> requests = new WireCodec<>(ImageRequest.class);
    private final WireCodec<InferenceResult> results = new WireCodec<>(InferenceResult.class);
    private ByteBuffer record = ByteBuffer.allocate(0);

    private EncodedImage pixels = EncodedImage.raw(0, 0, 0, new byte[0]);

    @SuppressWarnings("NullAway.Init") // JMH calls prepare() before anything else.
    private Predictor predictor;

    /** Loads the bundled model and encodes one request with a random image for it. */
    @Setup
    public void prepare() throws IOException, ModelRefusedException {
        predictor = Predictor.load(
                BundledModels.read(BundledModels.FASHION_MNIST), PredictorOptions.DEFAULT.withMaxBatch(BATCH));
        PixelShape shape = predictor.spec().pixels();
        byte[] noise = new byte[shape.bytes()];
        new Random(1).nextBytes(noise);
        pixels = EncodedImage.raw(shape.width(), shape.height(), shape.channels(), noise);
        record = ByteBuffer.wrap(requests.encode(new ImageRequest(
                "00000000-0000-0000-0000-000000000000",
                "",
                null,
                ImageEncoding.RAW_U8,
                shape.width(),
                shape.height(),
                shape.channels(),
                ByteBuffer.wrap(noise),
                null,
                Instant.now(),
                null,
                Map.of())));
    }

    /** The baseline: runs alone, whose allocation is ONNX Runtime's. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void run() {
        predictor.run(BATCH);
    }

    /** And pixels into the batch buffer before, the best labels after. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void decodeRunTop(Blackhole hole) throws ImageRejectedException {
        for (int slot = 0; slot < BATCH; slot++) {
            predictor.decode(pixels, slot);
        }
        predictor.run(BATCH);
        for (int slot = 0; slot < BATCH; slot++) {
            hole.consume(predictor.top(slot));
        }
    }

    /** And each request from its record. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void requestToTop(Blackhole hole) throws MalformedRecordException, ImageRejectedException {
        for (int slot = 0; slot < BATCH; slot++) {
            predictor.decode(Samples.image(requests.decode(record.duplicate())), slot);
        }
        predictor.run(BATCH);
        for (int slot = 0; slot < BATCH; slot++) {
            hole.consume(predictor.top(slot));
        }
    }

    /** And each result to its record: all that a lane does with an image. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void requestToResult(Blackhole hole) throws MalformedRecordException, ImageRejectedException {
        for (int slot = 0; slot < BATCH; slot++) {
            predictor.decode(Samples.image(requests.decode(record.duplicate())), slot);
        }
        predictor.run(BATCH);
        for (int slot = 0; slot < BATCH; slot++) {
            hole.consume(results.encode(Samples.result(predictor.spec(), predictor.top(slot), 42L, BATCH)));
        }
    }

    /** Frees the model. */
    @TearDown
    public void close() {
        predictor.close();
    }
}

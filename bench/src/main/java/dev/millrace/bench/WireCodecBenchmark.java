package dev.millrace.bench;

import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
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

/** One request to bytes and back, beside the copy of its pixels that no codec can do without. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class WireCodecBenchmark {
    /** Pixels in bytes: 28 x 28 grey, 32 x 32 RGB. */
    @Param({"784", "3072"})
    public int pixels;

    private final WireCodec<ImageRequest> codec = new WireCodec<>(ImageRequest.class);
    private ImageRequest request = new ImageRequest();
    private byte[] image = {};
    private byte[] bytes = {};

    /** Makes one request of random pixels. */
    @Setup
    public void prepare() {
        image = new byte[pixels];
        new Random(1).nextBytes(image);
        request = new ImageRequest(
                "00000000-0000-0000-0000-000000000000",
                "",
                null,
                ImageEncoding.RAW_U8,
                1,
                pixels,
                1,
                ByteBuffer.wrap(image),
                1L,
                Instant.now(),
                null,
                Map.of());
        bytes = codec.encode(request);
    }

    /** The baseline. */
    @Benchmark
    public byte[] copyOfThePixels() {
        return image.clone();
    }

    /** Record to bytes. */
    @Benchmark
    public byte[] encode() {
        return codec.encode(request);
    }

    /** Bytes to record. */
    @Benchmark
    public ImageRequest decode() throws MalformedRecordException {
        return codec.decode(bytes);
    }
}

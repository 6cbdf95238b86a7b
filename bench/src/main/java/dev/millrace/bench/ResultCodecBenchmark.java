package dev.millrace.bench;

import dev.millrace.bench.bed.Subject;
import dev.millrace.bench.limit.child.Samples;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.worker.infer.ScoredLabel;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A classifier's terminal record to bytes and back, beside the copy of those bytes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ResultCodecBenchmark {
    private static final int LABELS = 5;

    private final WireCodec<InferenceResult> codec = new WireCodec<>(InferenceResult.class);
    private InferenceResult result = new InferenceResult();
    private byte[] bytes = {};

    /** Makes one result of five labels. */
    @Setup
    public void prepare() throws IOException {
        List<ScoredLabel> labels = IntStream.range(0, LABELS)
                .mapToObj(i -> new ScoredLabel(i, "label " + i, 1f / (i + 2)))
                .toList();
        result = Samples.result(Subject.of("null").spec(), labels, 1_000_000, 8);
        bytes = codec.encode(result);
    }

    /** The baseline. */
    @Benchmark
    public byte[] copyOfTheBytes() {
        return bytes.clone();
    }

    /** Record to bytes. */
    @Benchmark
    public byte[] encode() {
        return codec.encode(result);
    }

    /** Bytes to record. */
    @Benchmark
    public InferenceResult decode() throws MalformedRecordException {
        return codec.decode(bytes);
    }
}

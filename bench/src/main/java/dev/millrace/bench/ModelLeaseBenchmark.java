package dev.millrace.bench;

import dev.millrace.bench.bed.Subject;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.LiveModel;
import dev.millrace.worker.model.LiveModels;
import dev.millrace.worker.model.LoadedModel;
import dev.millrace.worker.model.ModelLease;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.serving.ServingPlan;
import dev.millrace.worker.serving.ServingPlans;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What it costs a batch that its model may be swapped at any moment, beside the counting that no lease can do without. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ModelLeaseBenchmark {
    private final ServingPlans plans = new ServingPlans("");
    private final LiveModels models = new LiveModels();
    private final AtomicInteger count = new AtomicInteger();

    /** Makes a model live. */
    @Setup
    public void prepare() throws IOException, ModelRefusedException {
        Subject subject = Subject.of("null");
        models.install(LiveModel.load(subject.onnx(), subject.spec(), List.of(DeviceRequest.ANY_CPU), 1));
        plans.follow(new ServingPlan(subject.spec().name(), subject.spec().version(), null, 0));
    }

    /** The baseline. */
    @Benchmark
    public int countUpAndDown() {
        return count.incrementAndGet() + count.decrementAndGet();
    }

    /** Finds the model that is live, holds it, and lets it go. */
    @Benchmark
    public @Nullable LoadedModel leaseAndClose() {
        ServingPlan plan = Objects.requireNonNull(plans.of(""));
        try (ModelLease lease = models.lease(plan.model(), plan.champion())) {
            return lease == null ? null : lease.forLane(0);
        }
    }

    /** Closes the session. */
    @TearDown
    public void close() {
        models.close();
    }
}

package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.child.FailPoint;
import dev.millrace.bench.faults.rig.FaultFailedException;
import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.WorkerSlot;
import dev.millrace.worker.telemetry.StageWatch.Stage;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** A worker's heap is full: its JVM must end rather than go on with threads missing, and say so by its exit code. */
final class OutOfMemory implements Fault {
    /** That of {@code -XX:+ExitOnOutOfMemoryError}. */
    private static final int EXIT_CODE = 3;

    private static final List<Stage> STAGES = List.of(Stage.values());
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @Override
    public String name() {
        return "out-of-memory";
    }

    @Override
    public String what() {
        return "a worker's heap runs full in a stage; restart";
    }

    @Override
    public boolean quick() {
        return false;
    }

    @Override
    public void inject(Rig rig, Random random) throws InterruptedException {
        WorkerSlot victim = rig.workers().get(random.nextInt(rig.workers().size()));
        FailPoint point = FailPoint.exhaust(STAGES.get(random.nextInt(STAGES.size())));
        rig.note("exhaust", victim.id() + " at " + point.stage().name().toLowerCase(Locale.ROOT));
        victim.process().arm(point);
        int exit = victim.process().awaitExit(LIMIT);
        if (exit != EXIT_CODE) {
            throw new FaultFailedException(
                    victim.id() + ": exit code " + exit + " with a full heap (expected: " + EXIT_CODE + ")");
        }
    }
}

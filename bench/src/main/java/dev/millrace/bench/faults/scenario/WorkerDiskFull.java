package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.rig.FaultFailedException;
import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.SmallDisk;
import dev.millrace.bench.faults.rig.WorkerSlot;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A worker's temporary directory runs full. It unpacks its native libraries there as it starts, and answers without any
 * disk after that; only a new model version, which is rehearsed there, has to wait until there is room again.
 */
final class WorkerDiskFull implements Fault {
    /** What the native libraries of worker and rehearsal take, and as much again. */
    private static final long ROOM = 96 << 20;

    private static final Duration ROLLOUT_LIMIT = Duration.ofSeconds(20);

    private @Nullable WorkerSlot victim;
    private @Nullable SmallDisk disk;

    @Override
    public String name() {
        return "worker-disk-full";
    }

    @Override
    public String what() {
        return "a worker's disk is full during a rollout; needs root";
    }

    @Override
    public boolean quick() {
        return false;
    }

    @Override
    public void prepare(Rig rig, Random random) throws IOException, InterruptedException {
        WorkerSlot chosen = rig.workers().get(random.nextInt(rig.workers().size()));
        chosen.drain();
        disk = SmallDisk.mount(chosen.temp(), ROOM);
        victim = chosen;
        rig.ensureServing();
    }

    @Override
    public void inject(Rig rig, Random random) throws IOException, InterruptedException {
        WorkerSlot chosen = victim;
        SmallDisk full = disk;
        if (chosen == null || full == null) {
            throw new IllegalStateException("disk: none (expected: prepare() first)");
        }
        full.fill();
        rig.note("full", chosen.id());
        rig.pause(Duration.ofMillis(random.nextInt(1_000)));
        int version = rig.publishModel();
        for (WorkerSlot worker : rig.workers()) {
            if (worker != chosen) {
                requireServing(rig, worker, version);
            }
        }
        if (rig.servesVersion(chosen, version)) {
            throw new FaultFailedException(chosen.id() + ": answers by version " + version
                    + " with its disk full (expected: no version that was not rehearsed)");
        }
        full.leaveFree(ROOM);
        requireServing(rig, chosen, version);
        full.fill();
        Workers.requireAlive(rig);
    }

    private static void requireServing(Rig rig, WorkerSlot worker, int version) throws InterruptedException {
        if (!rig.await(ROLLOUT_LIMIT, () -> rig.servesVersion(worker, version))) {
            throw new FaultFailedException(worker.id() + ": no answer by version " + version + " within "
                    + ROLLOUT_LIMIT.toMillis() + " ms (expected: it is live where there is room for its rehearsal)");
        }
    }

    /** The worker must even drain with its disk full. */
    @Override
    public void heal(Rig rig) throws IOException, InterruptedException {
        try (SmallDisk full = disk) {
            if (full != null && victim != null && victim.isAlive()) {
                victim.drain();
            }
        }
        rig.ensureServing();
    }
}

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
 * The broker's disk runs full, which ends the broker; it comes back on a larger one. The workers wait meanwhile: they are
 * live, and nothing is gained by restarting them.
 */
final class BrokerDiskFull implements Fault {
    private static final long ROOM = 32 << 20;
    private static final long LARGE_ROOM = 1L << 30;
    private static final Duration END_LIMIT = Duration.ofSeconds(30);

    private @Nullable SmallDisk disk;

    @Override
    public String name() {
        return "broker-disk-full";
    }

    @Override
    public String what() {
        return "the broker's disk fills, it ends; more disk; needs root";
    }

    @Override
    public boolean quick() {
        return false;
    }

    @Override
    public void prepare(Rig rig, Random random) throws IOException, InterruptedException {
        disk = rig.shrinkBrokerDisk(ROOM);
        rig.ensureServing();
    }

    @Override
    public void inject(Rig rig, Random random) throws IOException, InterruptedException {
        disk().fill();
        boolean ended = rig.await(END_LIMIT, () -> !rig.broker().isAlive());
        rig.note("full", ended ? "broker has ended" : "broker goes on");
        if (!ended) {
            throw new FaultFailedException("broker: runs " + END_LIMIT.toMillis()
                    + " ms after its disk was full (expected: Kafka ends when it cannot write)");
        }
        rig.pause(Duration.ofMillis(1_000 + random.nextInt(2_000)));
        for (WorkerSlot worker : rig.workers()) {
            if (!worker.process().health().live()) {
                throw new FaultFailedException(worker.id() + " is not live without a broker (expected: it waits): "
                        + worker.process().health());
            }
        }
    }

    private SmallDisk disk() {
        if (disk == null) {
            throw new IllegalStateException("disk: none (expected: prepare() first)");
        }
        return disk;
    }

    @Override
    public void heal(Rig rig) throws IOException, InterruptedException {
        disk().leaveFree(LARGE_ROOM);
        if (rig.broker().isAlive()) {
            rig.broker().kill();
        }
        rig.broker().restart();
        disk().relieve();
        Workers.requireAlive(rig);
    }
}

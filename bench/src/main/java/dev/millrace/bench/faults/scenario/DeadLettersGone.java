package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.child.Health;
import dev.millrace.bench.faults.rig.FaultFailedException;
import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.WorkerSlot;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The topic of dead letters is deleted while a request needs it, and created again. Its partition waits, for a dead
 * letter must not be lost either, the worker says why, and it goes on by itself.
 */
final class DeadLettersGone implements Fault {
    /** Longer than a producer tries: {@code delivery.timeout.ms} of the workers is 30 s. */
    private static final Duration LIMIT = Duration.ofSeconds(45);

    private @Nullable String damaged;

    @Override
    public String name() {
        return "dead-letters-gone";
    }

    @Override
    public String what() {
        return "the dead-letter topic is deleted, and comes back";
    }

    @Override
    public boolean quick() {
        return false;
    }

    @Override
    public void inject(Rig rig, Random random) throws IOException, InterruptedException {
        rig.deleteDeadLetters();
        String id = rig.load().sendDamaged("damaged-" + random.nextInt(1_000_000));
        damaged = id;
        rig.note("damaged", id);
        if (!rig.await(LIMIT, () -> rig.workers().stream().anyMatch(DeadLettersGone::complains))) {
            throw new FaultFailedException("workers: all ready " + LIMIT.toMillis()
                    + " ms after a dead letter had nowhere to go (expected: one says so)");
        }
        rig.note("unready", "a worker says why");
        rig.pause(Duration.ofMillis(random.nextInt(3_000)));
        if (rig.isKept(id)) {
            throw new FaultFailedException(id + ": has a dead letter (expected: none without their topic)");
        }
    }

    private static boolean complains(WorkerSlot worker) {
        Health health = worker.process().health();
        return health.live() && !health.ready();
    }

    @Override
    public void heal(Rig rig) throws IOException, InterruptedException {
        rig.createDeadLetters();
        String id = damaged;
        if (id != null && !rig.await(LIMIT, () -> rig.isKept(id))) {
            throw new FaultFailedException(id + ": no dead letter within " + LIMIT.toMillis()
                    + " ms of its topic's return (expected: the worker goes on by itself)");
        }
        if (!rig.await(LIMIT, () -> rig.workers().stream()
                .allMatch(worker -> worker.process().health().ready()))) {
            throw new FaultFailedException("workers: not ready again: "
                    + rig.workers().stream()
                            .map(worker -> worker.process().health())
                            .toList());
        }
        Workers.requireAlive(rig);
    }
}

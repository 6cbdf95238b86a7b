package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.WorkerSlot;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A worker stands still until its group has given it up, and then goes on as if nothing had happened. */
final class ZombieWorker implements Fault {
    private @Nullable WorkerSlot victim;

    @Override
    public String name() {
        return "zombie-worker";
    }

    @Override
    public String what() {
        return "SIGSTOP of a worker until it is missed, then SIGCONT";
    }

    @Override
    public void inject(Rig rig, Random random) throws InterruptedException {
        WorkerSlot chosen = rig.workers().get(random.nextInt(rig.workers().size()));
        victim = chosen;
        rig.note("freeze", chosen.id());
        chosen.process().freeze();
        rig.pause(Duration.ofMillis(4_500 + random.nextInt(1_000)));
    }

    @Override
    public void heal(Rig rig) throws IOException, InterruptedException {
        if (victim != null) {
            victim.process().thaw();
        }
        Workers.requireAlive(rig);
    }
}

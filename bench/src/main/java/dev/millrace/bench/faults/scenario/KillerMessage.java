package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.child.FailPoint;
import dev.millrace.bench.faults.rig.FaultFailedException;
import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.WorkerSlot;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/** One request ends every process that decodes it; each dead worker is replaced at once, as a supervisor does. */
final class KillerMessage implements Fault {
    private static final int MOST_CRASHES = 12;
    private static final Duration LIMIT = Duration.ofSeconds(90);

    @Override
    public String name() {
        return "killer-message";
    }

    @Override
    public String what() {
        return "a request that halts whoever decodes it; restarts";
    }

    @Override
    public boolean quick() {
        return false;
    }

    @Override
    public void inject(Rig rig, Random random) throws IOException, InterruptedException {
        String key = "killer-" + random.nextInt(1_000_000);
        FailPoint killer = FailPoint.haltOn(key);
        for (WorkerSlot worker : rig.workers()) {
            worker.process().arm(killer);
        }
        String id = rig.load().send(key);
        rig.note("killer", id);
        int crashes = 0;
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!rig.isAnswered(id)) {
            crashes += replaceDead(rig, killer);
            if (crashes > MOST_CRASHES || System.nanoTime() > deadline) {
                throw new FaultFailedException(
                        id + ": not answered after " + crashes + " crashes (expected: within " + MOST_CRASHES + ")");
            }
            rig.pause(Duration.ofMillis(50));
        }
        rig.note("isolated", id + " after " + crashes + " crashes");
    }

    private static int replaceDead(Rig rig, FailPoint killer) throws IOException {
        int dead = 0;
        for (WorkerSlot worker : rig.workers()) {
            if (!worker.isAlive()) {
                dead++;
                worker.start(List.of(), List.of(killer));
            }
        }
        return dead;
    }
}

package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.WorkerSlot;
import java.time.Duration;
import java.util.Random;

/** Every worker gets SIGKILL at the same moment. */
final class AllWorkersKilled implements Fault {
    @Override
    public String name() {
        return "all-workers-killed";
    }

    @Override
    public String what() {
        return "kill -9 of all workers together; restart";
    }

    @Override
    public void inject(Rig rig, Random random) throws InterruptedException {
        rig.pause(Duration.ofMillis(random.nextInt(500)));
        for (WorkerSlot worker : rig.workers()) {
            worker.process().kill();
        }
    }
}

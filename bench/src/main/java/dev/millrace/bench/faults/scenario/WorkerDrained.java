package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.WorkerSlot;
import dev.millrace.worker.delivery.DeliveryMode;
import java.time.Duration;
import java.util.Random;

/** A worker gets SIGTERM at a random moment: it must end with exit code 0 and repeat nothing. */
final class WorkerDrained implements Fault {
    @Override
    public String name() {
        return "worker-drained";
    }

    @Override
    public String what() {
        return "SIGTERM of a worker at a random moment; restart";
    }

    @Override
    public int duplicatesAllowed(DeliveryMode mode) {
        return 0;
    }

    @Override
    public void inject(Rig rig, Random random) throws InterruptedException {
        WorkerSlot victim = rig.workers().get(random.nextInt(rig.workers().size()));
        rig.pause(Duration.ofMillis(random.nextInt(500)));
        rig.note("terminate", victim.id());
        victim.drain();
    }
}

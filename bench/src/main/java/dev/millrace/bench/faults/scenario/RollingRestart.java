package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.WorkerSlot;
import dev.millrace.worker.delivery.DeliveryMode;
import java.io.IOException;
import java.util.Random;

/** Every worker in turn is drained and replaced, as an upgrade does it. */
final class RollingRestart implements Fault {
    @Override
    public String name() {
        return "rolling-restart";
    }

    @Override
    public String what() {
        return "SIGTERM and restart of every worker in turn";
    }

    @Override
    public boolean quick() {
        return false;
    }

    @Override
    public int duplicatesAllowed(DeliveryMode mode) {
        return 0;
    }

    @Override
    public void inject(Rig rig, Random random) throws IOException, InterruptedException {
        for (WorkerSlot worker : rig.workers()) {
            rig.note("terminate", worker.id());
            worker.drain();
            worker.start();
            worker.awaitServing();
        }
    }
}

package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.proxy.Line;
import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.WorkerSlot;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;

/** Every worker's way to the broker is late, unsteady and narrow. */
final class SlowBroker implements Fault {
    private static final Line SLOW = Line.slow(Duration.ofMillis(200), Duration.ofMillis(100), 125_000);

    @Override
    public String name() {
        return "slow-broker";
    }

    @Override
    public String what() {
        return "200 ms ± 100 ms, 1 Mbit/s to the broker for about 5 s";
    }

    @Override
    public void inject(Rig rig, Random random) throws InterruptedException {
        for (WorkerSlot worker : rig.workers()) {
            worker.link().lines(SLOW, SLOW);
        }
        rig.pause(Duration.ofMillis(4_500 + random.nextInt(1_000)));
    }

    @Override
    public void heal(Rig rig) throws IOException, InterruptedException {
        for (WorkerSlot worker : rig.workers()) {
            worker.link().restore();
        }
        Workers.requireAlive(rig);
    }
}

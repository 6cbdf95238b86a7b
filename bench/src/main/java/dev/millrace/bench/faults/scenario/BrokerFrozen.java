package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.rig.Rig;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;

/** The broker stands still with all connections open. */
final class BrokerFrozen implements Fault {
    @Override
    public String name() {
        return "broker-frozen";
    }

    @Override
    public String what() {
        return "SIGSTOP of the broker for about 5 s, then SIGCONT";
    }

    @Override
    public void inject(Rig rig, Random random) throws InterruptedException {
        rig.broker().freeze();
        rig.pause(Duration.ofMillis(4_500 + random.nextInt(1_000)));
    }

    @Override
    public void heal(Rig rig) throws IOException, InterruptedException {
        rig.broker().thaw();
        Workers.requireAlive(rig);
    }
}

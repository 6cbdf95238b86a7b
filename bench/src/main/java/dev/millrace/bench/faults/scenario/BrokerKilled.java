package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.rig.Rig;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;

/** The broker gets SIGKILL and comes back with the same port and log; nobody else is restarted. */
final class BrokerKilled implements Fault {
    @Override
    public String name() {
        return "broker-killed";
    }

    @Override
    public String what() {
        return "kill -9 of the broker; restart on the same log";
    }

    @Override
    public void inject(Rig rig, Random random) throws InterruptedException {
        rig.broker().kill();
        rig.pause(Duration.ofMillis(500 + random.nextInt(500)));
    }

    @Override
    public void heal(Rig rig) throws IOException, InterruptedException {
        rig.broker().restart();
        Workers.requireAlive(rig);
    }
}

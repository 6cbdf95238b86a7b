package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.WorkerSlot;
import dev.millrace.worker.delivery.DeliveryMode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/**
 * A member joins the workers' group and leaves it again, over and over; it takes records and settles none.
 *
 * @see <a href="https://cwiki.apache.org/confluence/display/KAFKA/KIP-848">KIP-848</a>
 */
final class RebalanceStorm implements Fault {
    private static final Duration STAY = Duration.ofMillis(300);
    private static final List<String> CLASSIC = List.of(
            "--set", "kafka.group.protocol=classic",
            "--set", "kafka.session.timeout.ms=3000",
            "--set", "kafka.heartbeat.interval.ms=500");

    private final String protocol;
    private final int rounds;

    /** @param protocol of the group: {@code consumer} or {@code classic}; a share group has but its own */
    RebalanceStorm(String protocol, int rounds) {
        this.protocol = protocol;
        this.rounds = rounds;
    }

    private boolean classic() {
        return protocol.equals("classic");
    }

    @Override
    public String name() {
        return classic() ? "rebalance-storm-classic" : "rebalance-storm";
    }

    @Override
    public String what() {
        return rounds + " times a member comes and goes" + (classic() ? ", classic protocol" : "");
    }

    @Override
    public boolean appliesTo(DeliveryMode mode) {
        return !classic() || mode != DeliveryMode.QUEUE;
    }

    @Override
    public boolean quick() {
        return !classic();
    }

    @Override
    public void inject(Rig rig, Random random) throws IOException, InterruptedException {
        if (classic()) {
            restartAll(rig, CLASSIC);
        }
        for (int round = 0; round < rounds; round++) {
            PassingMember.joinAndLeave(rig, protocol);
            rig.pause(STAY);
        }
        Workers.requireAlive(rig);
    }

    @Override
    public void heal(Rig rig) throws IOException, InterruptedException {
        if (classic()) {
            restartAll(rig, List.of());
        }
        rig.ensureServing();
    }

    /** All leave before the first joins: only an empty group may change its protocol without a migration. */
    private static void restartAll(Rig rig, List<String> more) throws IOException, InterruptedException {
        for (WorkerSlot worker : rig.workers()) {
            worker.drain();
        }
        for (WorkerSlot worker : rig.workers()) {
            worker.start(more, List.of());
        }
        rig.ensureServing();
    }
}

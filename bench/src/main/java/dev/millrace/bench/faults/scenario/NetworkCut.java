package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.proxy.Line;
import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.WorkerSlot;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Nothing passes between one worker and the broker, for longer than the group waits; both keep running. */
final class NetworkCut implements Fault {
    private final boolean oneWay;
    private @Nullable WorkerSlot victim;

    /** @param oneWay only what the broker says is lost on the way */
    NetworkCut(boolean oneWay) {
        this.oneWay = oneWay;
    }

    @Override
    public String name() {
        return oneWay ? "one-way-cut" : "network-cut";
    }

    @Override
    public String what() {
        return oneWay
                ? "a worker does not hear the broker for 5 s, yet is heard"
                : "nothing passes between worker and broker for about 5 s";
    }

    @Override
    public void inject(Rig rig, Random random) throws InterruptedException {
        WorkerSlot chosen = rig.workers().get(random.nextInt(rig.workers().size()));
        victim = chosen;
        rig.note("cut", chosen.id());
        chosen.link().lines(oneWay ? Line.CLEAR : Line.BLACK_HOLE, Line.BLACK_HOLE);
        rig.pause(Duration.ofMillis(4_500 + random.nextInt(1_500)));
    }

    @Override
    public void heal(Rig rig) throws IOException, InterruptedException {
        if (victim != null) {
            victim.link().restore();
        }
        Workers.requireAlive(rig);
    }
}

package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.child.FailPoint;
import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.WorkerSlot;
import dev.millrace.worker.telemetry.StageWatch.Stage;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** A worker gets SIGKILL while one of its lanes stands at the entry of a stage. */
final class WorkerKilled implements Fault {
    private static final List<Stage> STAGES = List.of(Stage.values());
    private static final Duration HELD_LIMIT = Duration.ofSeconds(20);

    @Override
    public String name() {
        return "worker-killed";
    }

    @Override
    public String what() {
        return "kill -9 of a worker as a lane enters a stage; restart";
    }

    @Override
    public void inject(Rig rig, Random random) throws InterruptedException {
        WorkerSlot victim = rig.workers().get(random.nextInt(rig.workers().size()));
        FailPoint point = FailPoint.hold(STAGES.get(random.nextInt(STAGES.size())));
        victim.process().arm(point);
        victim.process().awaitHeld(point, HELD_LIMIT);
        rig.note("kill", victim.id() + " at " + point.stage().name().toLowerCase(Locale.ROOT));
        victim.process().kill();
    }
}

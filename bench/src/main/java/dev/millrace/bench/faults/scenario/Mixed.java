package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.WorkerSlot;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/** One simple fault after the other, of the same and of other kinds, with a quiet period now and then. */
final class Mixed implements Fault {
    private static final int PERIODS = 12;
    private static final int QUIET_ONE_IN = 4;

    private final List<Step> steps = List.of(
            new Step("kill", Mixed::kill),
            new Step("freeze", Mixed::freeze),
            new Step("cut", Mixed::cut),
            new Step("broker", Mixed::killBroker),
            new Step("passer-by", Mixed::passBy));

    private record Step(String name, Action action) {}

    private interface Action {
        /** Breaks something for a time, and repairs it. */
        void take(Rig rig, WorkerSlot worker, Duration time) throws IOException, InterruptedException;
    }

    @Override
    public String name() {
        return "mixed";
    }

    @Override
    public String what() {
        return PERIODS + " periods: kills, freezes, cuts, restarts, or quiet";
    }

    @Override
    public boolean quick() {
        return false;
    }

    @Override
    public void inject(Rig rig, Random random) throws IOException, InterruptedException {
        for (int period = 0; period < PERIODS; period++) {
            Duration time = Duration.ofMillis(500 + random.nextInt(2_000));
            WorkerSlot worker = rig.workers().get(random.nextInt(rig.workers().size()));
            if (random.nextInt(QUIET_ONE_IN) == 0) {
                rig.note("quiet", time.toMillis() + " ms");
                rig.pause(time);
            } else {
                Step step = steps.get(random.nextInt(steps.size()));
                rig.note(step.name(), worker.id() + " for " + time.toMillis() + " ms");
                step.action().take(rig, worker, time);
            }
        }
    }

    private static void kill(Rig rig, WorkerSlot worker, Duration time) throws IOException, InterruptedException {
        worker.process().kill();
        rig.pause(time);
        worker.start();
    }

    private static void freeze(Rig rig, WorkerSlot worker, Duration time) throws InterruptedException {
        worker.process().freeze();
        rig.pause(time);
        worker.process().thaw();
    }

    private static void cut(Rig rig, WorkerSlot worker, Duration time) throws InterruptedException {
        worker.link().cut();
        rig.pause(time);
        worker.link().restore();
    }

    private static void killBroker(Rig rig, WorkerSlot worker, Duration time) throws InterruptedException {
        rig.broker().kill();
        rig.pause(time);
        rig.broker().restart();
    }

    private static void passBy(Rig rig, WorkerSlot worker, Duration time) throws InterruptedException {
        PassingMember.joinAndLeave(rig, "consumer");
        rig.pause(time);
    }
}

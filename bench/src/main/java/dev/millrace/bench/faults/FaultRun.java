package dev.millrace.bench.faults;

import dev.millrace.bench.faults.guarantee.Checker;
import dev.millrace.bench.faults.guarantee.Checker.Expectations;
import dev.millrace.bench.faults.history.Event.Nemesis;
import dev.millrace.bench.faults.history.Verdict;
import dev.millrace.bench.faults.history.Verdict.Invariant;
import dev.millrace.bench.faults.history.Verdict.Violation;
import dev.millrace.bench.faults.rig.FaultFailedException;
import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.scenario.Fault;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** One fault, once: load, fault, repair, rest, judgement. One thread. */
final class FaultRun {
    private static final int LEAST_REQUESTS = 250;
    private static final Duration LOAD_LIMIT = Duration.ofSeconds(30);

    private final Rig rig;
    private final Fault fault;
    private final Random random;
    private @Nullable String broken;

    private FaultRun(Rig rig, Fault fault, long seed) {
        this.rig = rig;
        this.fault = fault;
        this.random = new Random(seed);
    }

    /**
     * Runs it.
     *
     * @param name unique on the rig's broker
     * @throws RuntimeException when the harness itself cannot go on; the rig is of no use then
     */
    static Verdict run(Rig rig, Fault fault, String name, long seed) throws IOException, InterruptedException {
        return new FaultRun(rig, fault, seed).run(name, seed);
    }

    private Verdict run(String name, long seed) throws IOException, InterruptedException {
        rig.ensureServing();
        Duration lead = Duration.ofMillis(400 + random.nextInt(400));
        fault.prepare(rig, random);
        rig.open(name, seed);
        rig.pause(lead);
        rig.note("inject", fault.name());
        demand(() -> fault.inject(rig, random));
        rig.await(LOAD_LIMIT, () -> rig.load().sent() >= LEAST_REQUESTS);
        rig.load().end();
        rig.note(Nemesis.HEAL, fault.name());
        demand(() -> fault.heal(rig));
        rig.stopLoad();
        rig.awaitAnswers();
        rig.settle();
        Expectations expected =
                new Expectations(rig.mode(), fault.duplicatesAllowed(rig.mode()), rig.labels(), rig.models());
        Verdict verdict = Checker.check(rig.history().events(), expected);
        return broken == null ? verdict : verdict.and(new Violation(Invariant.AS_THE_FAULT_DEMANDS, broken));
    }

    private interface Step {
        void take() throws IOException, InterruptedException;
    }

    private void demand(Step step) throws IOException, InterruptedException {
        try {
            step.take();
        } catch (FaultFailedException e) {
            broken = e.getMessage();
            rig.note("broken", String.valueOf(broken));
        }
    }
}

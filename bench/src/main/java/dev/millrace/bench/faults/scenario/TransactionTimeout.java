package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.child.FailPoint;
import dev.millrace.bench.faults.rig.FaultFailedException;
import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.WorkerSlot;
import dev.millrace.worker.delivery.DeliveryMode;
import dev.millrace.worker.telemetry.StageWatch.Stage;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A lane stands still, with its answers sent and not yet committed, until the broker has ended its transaction. */
final class TransactionTimeout implements Fault {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private @Nullable WorkerSlot victim;

    @Override
    public String name() {
        return "transaction-timeout";
    }

    @Override
    public String what() {
        return "a lane sleeps through its transaction's timeout";
    }

    @Override
    public boolean appliesTo(DeliveryMode mode) {
        return mode == DeliveryMode.EXACTLY_ONCE;
    }

    @Override
    public boolean quick() {
        return false;
    }

    @Override
    public void inject(Rig rig, Random random) throws InterruptedException {
        WorkerSlot chosen = rig.workers().get(random.nextInt(rig.workers().size()));
        victim = chosen;
        Duration nap = Rig.TRANSACTION_TIMEOUT.plusMillis(1_500 + random.nextInt(2_000));
        FailPoint point = FailPoint.sleep(Stage.COMMIT, nap);
        chosen.process().arm(point);
        chosen.process().awaitHeld(point, LIMIT);
        rig.note("asleep", chosen.id() + " for " + nap.toMillis() + " ms");
        rig.pause(nap);
    }

    @Override
    public void heal(Rig rig) throws IOException, InterruptedException {
        Workers.requireAlive(rig);
        WorkerSlot sleeper = victim;
        if (sleeper != null
                && !rig.await(
                        LIMIT, () -> !sleeper.process().said("turn failed").isEmpty())) {
            throw new FaultFailedException(
                    sleeper.id() + ": its commit did not fail (expected: the broker has ended its transaction)");
        }
    }
}

package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.child.FailPoint;
import dev.millrace.bench.faults.rig.FaultFailedException;
import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.WorkerSlot;
import dev.millrace.worker.delivery.DeliveryMode;
import dev.millrace.worker.telemetry.StageWatch.Stage;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A worker gets SIGKILL with its answers sent and not committed, and stays away: nobody but the broker can end its
 * transaction, and until then no read_committed reader gets past it.
 */
final class HangingTransaction implements Fault {
    /** The timeout, the half second in which the broker looks for it, and what a busy machine adds. */
    private static final Duration STALL_LIMIT =
            Rig.TRANSACTION_TIMEOUT.plusMillis(500).plusSeconds(2);

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int PROBES = 16;

    @Override
    public String name() {
        return "hanging-transaction";
    }

    @Override
    public String what() {
        return "kill -9 between answers and commit; no restart";
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
    public void inject(Rig rig, Random random) throws IOException, InterruptedException {
        WorkerSlot victim = rig.workers().get(random.nextInt(rig.workers().size()));
        FailPoint point = FailPoint.hold(Stage.COMMIT);
        victim.process().arm(point);
        victim.process().awaitHeld(point, LIMIT);
        // The answers of the lane that is held leave by another thread.
        rig.pause(Duration.ofMillis(100 + random.nextInt(400)));
        victim.process().kill();
        List<String> hanging = rig.openTransactions(victim);
        if (hanging.isEmpty()) {
            throw new FaultFailedException(victim.id() + ": left no transaction open (expected: that of a held lane)");
        }
        Duration stall = rig.stall(STALL_LIMIT)
                .orElseThrow(() -> new FaultFailedException(
                        "readers: held up by " + hanging + " for more than " + STALL_LIMIT.toMillis() + " ms"));
        rig.note("stalled", hanging + " for " + stall.toMillis() + " ms");
        requireOthersGoOn(rig);
    }

    private static void requireOthersGoOn(Rig rig) throws InterruptedException {
        List<String> probes = IntStream.range(0, PROBES)
                .mapToObj(number -> rig.load().send("probe-" + number))
                .toList();
        if (!rig.await(LIMIT, () -> probes.stream().allMatch(rig::isAnswered))) {
            throw new FaultFailedException("the other workers: requests unanswered after " + LIMIT.toMillis()
                    + " ms (expected: they take over)");
        }
    }
}

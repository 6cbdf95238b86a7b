package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.rig.FaultFailedException;
import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.WorkerSlot;
import dev.millrace.worker.delivery.DeliveryMode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Two workers have one id, and so their lanes have the same transactional ids: of each two, one gives way and says why.
 * Which one is not promised.
 */
final class DuplicateTransactionalId implements Fault {
    private static final Pattern REASON = Pattern.compile("another producer uses that of lane (\\d+)");
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration EXIT_LIMIT = Duration.ofSeconds(30);

    private @Nullable WorkerSlot twin;

    @Override
    public String name() {
        return "duplicate-transactional-id";
    }

    @Override
    public String what() {
        return "a second worker of the same id; one gives way";
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
        WorkerSlot first = rig.workers().get(random.nextInt(rig.workers().size()));
        for (WorkerSlot other : rig.workers()) {
            if (other != first) {
                // A lane without partitions writes nothing and fences nobody: these two must share them all.
                other.drain();
            }
        }
        WorkerSlot second = first.twin();
        twin = second;
        second.start();
        rig.note("twin", second.id());
        if (!rig.await(
                LIMIT,
                () -> lanesThatGaveWay(first).size() + lanesThatGaveWay(second).size() >= rig.lanes())) {
            throw new FaultFailedException(first.id() + ": " + outcome(first, second) + " after " + LIMIT.toMillis()
                    + " ms (expected: one of each two lanes ends and says why)");
        }
        rig.pause(Duration.ofMillis(2_000 + random.nextInt(2_000)));
        rig.note("gave way", outcome(first, second));
        requireOneOfEach(rig, first, second);
    }

    private static void requireOneOfEach(Rig rig, WorkerSlot first, WorkerSlot second) throws InterruptedException {
        Set<Integer> both = new TreeSet<>(lanesThatGaveWay(first));
        both.retainAll(lanesThatGaveWay(second));
        if (!both.isEmpty()) {
            throw new FaultFailedException(first.id() + ": nobody is left of lanes " + both + " (expected: one)");
        }
        for (WorkerSlot worker : List.of(first, second)) {
            boolean over = lanesThatGaveWay(worker).size() == rig.lanes();
            if (over && !rig.await(EXIT_LIMIT, () -> !worker.isAlive())) {
                throw new FaultFailedException(worker.id() + ": runs without a lane (expected: it ends)");
            }
        }
    }

    private static Set<Integer> lanesThatGaveWay(WorkerSlot worker) {
        return worker.process().said("another producer uses that of lane").stream()
                .map(REASON::matcher)
                .filter(Matcher::find)
                .map(found -> Integer.valueOf(found.group(1)))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String outcome(WorkerSlot first, WorkerSlot second) {
        return "lanes " + lanesThatGaveWay(first) + " of the first and " + lanesThatGaveWay(second)
                + " of the second gave way";
    }

    /** The first is restarted, as a supervisor restarts a worker that is not live; the second should never have been. */
    @Override
    public void heal(Rig rig) throws IOException, InterruptedException {
        if (twin != null) {
            twin.close();
        }
        for (WorkerSlot worker : rig.workers()) {
            if (worker.isAlive() && !worker.process().health().live()) {
                worker.close();
            }
        }
        rig.ensureServing();
    }
}

package dev.millrace.bench.soak;

import dev.millrace.bench.faults.guarantee.Checker;
import dev.millrace.bench.faults.guarantee.Checker.Expectations;
import dev.millrace.bench.faults.history.Event;
import dev.millrace.bench.faults.history.Verdict;
import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.RigPlan;
import dev.millrace.bench.faults.rig.TestBed;
import dev.millrace.bench.faults.rig.WorkerSlot;
import dev.millrace.bench.process.Holdings;
import dev.millrace.bench.terminal.ProgressLine;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * One soak: periods of steady load, each with a history of its own that is judged and dropped, so that the length of the
 * soak does not matter to the memory of this process. Versions are published, and processes sampled, while the load is on.
 * One thread.
 */
final class Soak implements AutoCloseable {
    private static final Duration SAMPLE = Duration.ofSeconds(2);
    /** Longer than any worker should need to serve what was published. */
    private static final Duration SWAP_LIMIT = Duration.ofSeconds(30);

    private final TestBed bed;
    private final SoakPlan plan;
    private final ProgressLine progress;
    private final List<Watched> watched = new ArrayList<>();
    private final List<SoakReport.Swap> swaps = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private final Traffic traffic = new Traffic();
    private long startNanos;
    private Duration nextSwap;

    private Soak(TestBed bed, SoakPlan plan, ProgressLine progress) {
        this.bed = bed;
        this.plan = plan;
        this.progress = progress;
        this.nextSwap = plan.swap();
    }

    /** Starts the broker; the soak's files lie in a fresh folder under {@code parent}. */
    static Soak prepare(Path parent, SoakPlan plan, ProgressLine progress) throws IOException {
        return new Soak(TestBed.start(parent, "soak"), plan, progress);
    }

    /** Runs it to its end, or to the first thing that leaves nothing to go on with. */
    SoakReport run() throws IOException, InterruptedException {
        try (Rig rig = Rig.start(bed, RigPlan.watched(plan.mode(), plan.perSecond(), plan.seed()))) {
            try {
                soak(rig);
            } catch (IOException | RuntimeException e) {
                Path history = bed.folder().resolve("history-unfinished.jsonl");
                rig.history().write(history);
                failures.add("soak: ended after " + elapsed().toSeconds() + " s (expected: "
                        + plan.length().toSeconds() + " s): " + e + " (history: " + history + ")");
            }
        }
        return SoakReport.of(plan, traffic, swaps, watched, failures);
    }

    private void soak(Rig rig) throws IOException, InterruptedException {
        watch(rig);
        startNanos = System.nanoTime();
        LiveHeap heap = new LiveHeap(bed.folder());
        read(heap);
        boolean warm = false;
        for (int number = 1; elapsed().compareTo(plan.length()) < 0; number++) {
            period(rig, number, warm);
            if (!warm && elapsed().compareTo(plan.warmUp()) >= 0) {
                warm = true;
                read(heap);
            }
        }
        read(heap);
    }

    private void watch(Rig rig) {
        for (WorkerSlot worker : rig.workers()) {
            watched.add(new Watched(worker.id(), worker.process().pid(), EnumSet.allOf(Measure.class)));
        }
        // Its memory is its own affair: a heap that fills up to its limit, and indexes that are mapped.
        watched.add(new Watched("broker", rig.broker().pid(), EnumSet.of(Measure.DESCRIPTORS, Measure.THREADS)));
        watched.add(new Watched("bench", ProcessHandle.current().pid(), Set.of()));
    }

    private void period(Rig rig, int number, boolean warm) throws IOException, InterruptedException {
        Duration end = min(elapsed().plus(plan.period()), plan.length());
        rig.open("soak-" + number, plan.seed() + number);
        while (elapsed().compareTo(end) < 0) {
            rig.pause(min(SAMPLE, end.minus(elapsed())));
            sample();
            swapWhenDue(rig);
            progress.at(
                    elapsed().toSeconds(),
                    traffic.requests() + rig.load().sent() + " sent, " + swaps.size() + " swaps");
        }
        rig.stopLoad();
        rig.awaitAnswers();
        rig.settle();
        judge(rig, number, warm);
    }

    private void judge(Rig rig, int number, boolean warm) throws IOException {
        List<Event> events = rig.history().events();
        Verdict verdict = Checker.check(events, new Expectations(rig.mode(), 0, rig.labels(), rig.models()));
        traffic.add(events, verdict, warm);
        if (!verdict.violations().isEmpty()) {
            Path history = bed.folder().resolve("history-" + number + ".jsonl");
            rig.history().write(history);
            verdict.violations()
                    .forEach(violation ->
                            failures.add("period " + number + ": " + violation + " (history: " + history + ")"));
        }
    }

    private void sample() throws IOException {
        for (Watched process : watched) {
            try {
                process.add(seconds(elapsed()), Holdings.of(process.pid()));
            } catch (IOException e) {
                throw new IOException(process.name() + ": ended (expected: runs)", e);
            }
        }
    }

    /** Only while no load is on, and as rarely as can be: a collection also frees what lies outside of the heap. */
    private void read(LiveHeap heap) throws IOException, InterruptedException {
        for (Watched process : watched) {
            if (process.judges(Measure.HEAP)) {
                OptionalDouble mib = heap.mib(process.pid());
                mib.ifPresent(value -> process.add(seconds(elapsed()), Measure.HEAP, value));
            }
        }
    }

    private void swapWhenDue(Rig rig) throws IOException, InterruptedException {
        if (elapsed().compareTo(nextSwap) >= 0 && elapsed().compareTo(plan.length()) < 0) {
            double at = seconds(elapsed());
            swaps.add(new SoakReport.Swap(at, rig.publishModel(), at + seconds(SWAP_LIMIT)));
            nextSwap = nextSwap.plus(plan.swap());
        }
    }

    private Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - startNanos);
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1_000.0;
    }

    /** Where logs lie. */
    Path folder() {
        return bed.folder();
    }

    /** Deletes logs and histories; only after {@link #close}. */
    void deleteFolder() throws IOException {
        bed.deleteFolder();
    }

    /** Stops everything; the folder stays. */
    @Override
    public void close() {
        try (bed) {
            progress.close();
        }
    }
}

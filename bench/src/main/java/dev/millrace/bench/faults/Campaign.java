package dev.millrace.bench.faults;

import dev.millrace.bench.faults.history.Verdict;
import dev.millrace.bench.faults.history.Verdict.Invariant;
import dev.millrace.bench.faults.history.Verdict.Violation;
import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.RigPlan;
import dev.millrace.bench.faults.rig.TestBed;
import dev.millrace.bench.faults.scenario.Fault;
import dev.millrace.worker.delivery.DeliveryMode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Many runs on one broker: for each mode the workers are started once and go from fault to fault, unless one leaves them
 * unusable. One thread.
 */
public final class Campaign implements AutoCloseable {
    private final TestBed bed;
    private final Plan plan;
    private final Progress progress;
    private @Nullable Rig rig;
    private int rigs;

    /**
     * What is run.
     *
     * @param modes in order
     * @param faults in order; those that do not apply to a mode are left out
     * @param runs of each
     * @param seed of everything
     */
    public record Plan(List<DeliveryMode> modes, List<Supplier<Fault>> faults, int runs, long seed) {
        /** Copies the lists. */
        public Plan {
            modes = List.copyOf(modes);
            faults = List.copyOf(faults);
        }

        /** How many runs there will be. */
        int total() {
            return runs
                    * modes.stream()
                            .mapToInt(mode -> (int) faults.stream()
                                    .filter(maker -> maker.get().appliesTo(mode))
                                    .count())
                            .sum();
        }
    }

    /** Told before each run. */
    public interface Progress extends AutoCloseable {
        /**
         * A run begins.
         *
         * @param done runs before this one
         */
        void running(int done, String fault, DeliveryMode mode);

        @Override
        void close();
    }

    private Campaign(TestBed bed, Plan plan, Progress progress) {
        this.bed = bed;
        this.plan = plan;
        this.progress = progress;
    }

    /** Starts the broker; the campaign's files lie in a fresh folder under {@code parent}. */
    public static Campaign prepare(Path parent, Plan plan, Progress progress) throws IOException {
        return new Campaign(TestBed.start(parent, "faults"), plan, progress);
    }

    /** Runs everything. */
    public List<FaultSummary> run() throws IOException, InterruptedException {
        List<FaultSummary> summaries = new ArrayList<>();
        int done = 0;
        for (DeliveryMode mode : plan.modes()) {
            for (Supplier<Fault> maker : plan.faults()) {
                if (maker.get().appliesTo(mode)) {
                    summaries.add(run(maker, mode, done));
                    done += plan.runs();
                }
            }
            closeRig();
        }
        return summaries;
    }

    private FaultSummary run(Supplier<Fault> maker, DeliveryMode mode, int done)
            throws IOException, InterruptedException {
        String name = maker.get().name();
        List<Verdict> verdicts = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        for (int run = 1; run <= plan.runs(); run++) {
            progress.running(done + run - 1, name, mode);
            long seed = seed(name, mode, run);
            Verdict verdict = judge(maker.get(), mode, name + "-" + run, seed);
            verdicts.add(verdict);
            if (!verdict.violations().isEmpty()) {
                failures.add(failure(name, mode, run, verdict));
            }
        }
        return new FaultSummary(name, mode.toString(), verdicts, plan.seed(), failures);
    }

    /** Of the campaign's seed, so that one run alone can be repeated by {@code --fault}, {@code --mode} and it. */
    private long seed(String fault, DeliveryMode mode, int run) {
        return Objects.hash(plan.seed(), fault, mode.toString(), run);
    }

    private Verdict judge(Fault fault, DeliveryMode mode, String run, long seed)
            throws IOException, InterruptedException {
        try {
            Rig ready = rig(mode);
            Verdict verdict = FaultRun.run(ready, fault, run, seed);
            ready.history().write(historyFile(mode, run));
            return verdict;
        } catch (RuntimeException | IOException e) {
            // Whatever state it is in: the next run gets new workers on new topics.
            if (rig != null) {
                rig.history().write(historyFile(mode, run));
            }
            bed.ensureBroker();
            closeRig();
            return new Verdict(0, 0, 0, 0, List.of(new Violation(Invariant.RUN_TO_ITS_END, e.toString())));
        }
    }

    private Path historyFile(DeliveryMode mode, String run) {
        return bed.folder().resolve("history-" + mode + "-" + run + ".jsonl");
    }

    private String failure(String fault, DeliveryMode mode, int run, Verdict verdict) {
        String what = verdict.violations().stream().map(Violation::toString).collect(Collectors.joining("\n    "));
        return String.format(
                Locale.ROOT,
                "%s, %s, run %d, seed %d (history: %s):%n    %s",
                fault,
                mode,
                run,
                plan.seed(),
                historyFile(mode, fault + "-" + run),
                what);
    }

    private Rig rig(DeliveryMode mode) throws IOException, InterruptedException {
        Rig ready = rig;
        if (ready == null) {
            ready = Rig.start(bed, RigPlan.small(++rigs, mode, plan.seed()));
            rig = ready;
        }
        return ready;
    }

    private void closeRig() {
        if (rig != null) {
            rig.close();
            rig = null;
        }
    }

    /** Where logs and histories lie. */
    public Path folder() {
        return bed.folder();
    }

    /** Deletes logs and histories; only after {@link #close}. */
    public void deleteFolder() throws IOException {
        bed.deleteFolder();
    }

    /** Stops everything; the folder stays. */
    @Override
    public void close() {
        try (bed;
                progress) {
            closeRig();
        }
    }
}

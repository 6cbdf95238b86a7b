package dev.millrace.trainer.retrain;

import dev.millrace.worker.rehearsal.BoundedProcess;
import dev.millrace.worker.rehearsal.ProcessLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The process of a run as its parent sees it: a {@link BoundedProcess} that yields to everything else, in the CPUs, the memory and the time
 * that the spec allows. Whenever it has ended, a new one goes on.
 *
 * <p>Belongs to the thread that started it. One thread of its own reads what the process says.
 */
public final class RetrainChild implements AutoCloseable {
    private static final int LEAST_HEAP_MIB = 256;
    private static final Duration POLL = Duration.ofMillis(100);

    private final RetrainRun run;
    private final Consumer<Progress> view;
    private final BoundedProcess.Running process;
    private @Nullable Ended known;
    private volatile @Nullable Ended last;

    private RetrainChild(RetrainRun run, Consumer<Progress> view) throws IOException {
        this.run = run;
        this.view = view;
        RetrainSpec.Limits limits = run.spec().limits();
        this.process = new BoundedProcess(
                        run.folder(),
                        new ProcessLimits(limits.memoryMib(), 60 * limits.minutes()),
                        Math.max(LEAST_HEAP_MIB, limits.memoryMib() / 3),
                        RetrainMain.class)
                .start(limits.mask(), List.of(run.folder().toAbsolutePath().toString()), this::told);
    }

    /**
     * Starts the process of a run that is not over.
     *
     * @param view told of every line but the last one, on a thread of its own
     * @throws IOException when no process can be started
     * @throws IllegalArgumentException when there are no such CPUs
     */
    public static RetrainChild start(RetrainRun run, Consumer<Progress> view) throws IOException {
        return new RetrainChild(run, view);
    }

    private void told(String line) {
        Optional<Progress> told = Progress.of(line);
        if (told.isPresent() && told.get() instanceof Progress.End end) {
            last = end.ended();
        } else {
            told.ifPresent(view);
        }
    }

    /** Its process id. */
    public long pid() {
        return process.pid();
    }

    /** Tells it to stop at the next checkpoint. */
    public void stop() {
        process.nudge();
    }

    /**
     * How it ended; empty while it works. To be asked now and then: it is ended here where it takes more memory or time than it may, and the
     * run with it, if the disk has room for that on its record.
     */
    public Optional<Ended> ended() throws InterruptedException {
        return ended(Duration.ZERO);
    }

    /** Waits for its end. */
    public Ended await() throws InterruptedException {
        Optional<Ended> end = ended(POLL);
        while (end.isEmpty()) {
            end = ended(POLL);
        }
        return end.get();
    }

    private Optional<Ended> ended(Duration wait) throws InterruptedException {
        if (known == null) {
            Optional<BoundedProcess.Ended> ended = process.ended(wait);
            if (ended.isPresent()) {
                known = of(ended.get());
                leave();
            }
        }
        return Optional.ofNullable(known);
    }

    private Ended of(BoundedProcess.Ended ended) {
        if (ended.overLimit()) {
            String reason = ended.failure() + " (limits)";
            try {
                RetrainRun now = RetrainRun.open(run.folder()).failed(reason);
                return new Ended(Ended.How.FAILED, now.failure().orElse(reason));
            } catch (IOException e) {
                return Ended.failed(reason, e);
            }
        }
        Ended said = last;
        if (said != null) {
            return said;
        }
        return new Ended(Ended.How.CRASHED, ended.failure() == null ? "crashed: without a word" : ended.failure());
    }

    /** What it had for itself. */
    private void leave() {
        try {
            Path temp = run.folder().resolve(BoundedProcess.TEMP);
            if (Files.exists(temp)) {
                BoundedProcess.delete(temp);
            }
        } catch (IOException e) {
            // It goes with the run.
        }
    }

    /** Ends it, if it works: at its next checkpoint, or after some seconds without one. The run can go on. */
    @Override
    public void close() {
        process.close();
        leave();
    }
}

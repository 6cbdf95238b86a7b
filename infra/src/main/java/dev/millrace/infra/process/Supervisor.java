package dev.millrace.infra.process;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The children of one command and the order in which they stop: what was started last stops first, tier by tier, each
 * tier with SIGTERM and, after its grace, SIGKILL. The command's thread starts and closes; when the JVM is told to
 * end (Ctrl-C, SIGTERM) a shutdown hook runs the same {@link #close()}. Closing happens once, whoever comes first, and
 * takes the run directory with it; only the logs stay when the run has failed.
 */
public final class Supervisor implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Supervisor.class);
    private static final Duration KILL_LIMIT = Duration.ofSeconds(5);

    private final RunDirectory directory;
    private final Thread hook;
    private final Deque<Tier> tiers = new ArrayDeque<>();
    private final AtomicBoolean closing = new AtomicBoolean();
    private boolean closed;
    private boolean failed;

    private Supervisor(RunDirectory directory) {
        this.directory = directory;
        this.hook = new Thread(this::close, "supervisor-stop");
    }

    /** A supervisor of nothing yet, which owns {@code directory} from now on. */
    public static Supervisor of(RunDirectory directory) {
        Supervisor supervisor = new Supervisor(directory);
        Runtime.getRuntime().addShutdownHook(supervisor.hook);
        return supervisor;
    }

    /** Starts one child as a tier of its own. */
    public ChildProcess start(ChildSpec spec) throws IOException {
        return start(List.of(spec)).get(0);
    }

    /** Starts children that stop together, before those that were started earlier. */
    public synchronized List<ChildProcess> start(List<ChildSpec> specs) throws IOException {
        requireOpen();
        List<ChildProcess> children = new ArrayList<>();
        tiers.push(new Tier(children, null));
        for (ChildSpec spec : specs) {
            children.add(ChildProcess.start(spec, directory));
        }
        return List.copyOf(children);
    }

    /** Has {@code stop} run before what was started earlier is stopped; it must return in bounded time. */
    public synchronized void stopFirst(Runnable stop) {
        requireOpen();
        tiers.push(new Tier(List.of(), stop));
    }

    /**
     * Returns when every child runs that was ever started.
     *
     * @throws ChildFailedException about one that has ended by itself
     */
    public void requireAlive() throws ChildFailedException, InterruptedException {
        if (closing.get()) {
            return;
        }
        Optional<ChildProcess> dead = firstDead();
        if (dead.isPresent() && !closing.get()) {
            throw dead.get().failure();
        }
    }

    /** Whether everything is being stopped, so that what fails now is no news. */
    public boolean isClosing() {
        return closing.get();
    }

    /** Has the logs kept at the end. */
    public synchronized void markFailed() {
        failed = true;
    }

    /** Stops everything in order and returns when nothing is left. */
    @Override
    public void close() {
        closing.set(true);
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            tiers.forEach(Supervisor::stop);
            if (failed) {
                directory.deleteAllButLogs();
            } else {
                directory.delete();
            }
        }
        forgetHook();
    }

    private synchronized Optional<ChildProcess> firstDead() {
        return tiers.stream()
                .flatMap(tier -> tier.children().stream())
                .filter(child -> !child.isAlive())
                .findFirst();
    }

    private void requireOpen() {
        if (closing.get()) {
            throw new IllegalStateException("supervisor: closing (expected: open)");
        }
    }

    private static void stop(Tier tier) {
        if (tier.action() != null) {
            runQuietly(tier.action());
        }
        boolean interrupted = false;
        tier.children().forEach(ChildProcess::terminate);
        for (ChildProcess child : tier.children()) {
            try {
                if (!child.awaitExit(child.grace())) {
                    child.kill();
                    child.awaitExit(KILL_LIMIT);
                }
            } catch (InterruptedException e) {
                child.kill();
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void runQuietly(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            log.warn("step of the stop failed error={}", e.toString());
        }
    }

    private void forgetHook() {
        if (Thread.currentThread() != hook) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // The JVM is ending already; the hook finds everything closed.
            }
        }
    }

    /** Children that stop together, or an action of this process that is a step of the stop. */
    private record Tier(
            List<ChildProcess> children, @Nullable Runnable action) {}
}

package dev.millrace.bench.faults.rig;

import dev.millrace.bench.faults.child.FailPoint;
import dev.millrace.bench.faults.child.WorkerChild;
import dev.millrace.bench.faults.child.WorkerJvm;
import dev.millrace.bench.faults.proxy.FaultProxy;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The place of one worker: its id, its way to the broker, and the process that lives there now. A worker that ended is
 * replaced by one with the same id. One thread.
 */
public final class WorkerSlot implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final int STARTS = 3;
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(30);

    private final String id;
    private final String host;
    private final FaultProxy link;
    private final WorkerJvm jvm;
    private final List<String> arguments;
    private final Path folder;
    private final Path hosts;
    private @Nullable WorkerChild child;
    private WorkerChild.@Nullable Launch last;

    WorkerSlot(String id, String host, FaultProxy link, WorkerJvm jvm, List<String> arguments, Path folder)
            throws IOException {
        this.id = id;
        this.host = host;
        this.link = link;
        this.jvm = jvm;
        this.arguments = List.copyOf(arguments);
        this.folder = Files.createDirectories(folder);
        this.hosts = folder.resolve("hosts");
        // What every client of the broker is told, localhost, is the proxy for this one.
        Files.writeString(
                hosts,
                host + " localhost\n127.0.0.1 " + InetAddress.getLocalHost().getHostName() + "\n");
    }

    /** Worker id. */
    public String id() {
        return id;
    }

    /** The way between the worker and the broker. */
    public FaultProxy link() {
        return link;
    }

    /** Starts the worker as it always is, and returns at once. */
    public void start() throws IOException {
        start(List.of(), List.of());
    }

    /** Starts the worker with more arguments and with fail points that are armed from the start; returns at once. */
    public void start(List<String> more, List<FailPoint> armed) throws IOException {
        start(more, armed, Map.of());
    }

    /** Starts the worker as it always is, but for its environment, which has more; returns at once. */
    public void start(Map<String, String> environment) throws IOException {
        start(List.of(), List.of(), environment);
    }

    private void start(List<String> more, List<FailPoint> armed, Map<String, String> environment) throws IOException {
        close();
        List<String> all = new ArrayList<>(arguments);
        all.addAll(more);
        WorkerChild.Launch launch =
                new WorkerChild.Launch(id, jvm, all, armed, hosts, temp(), folder.resolve("worker.log"), environment);
        last = launch;
        child = WorkerChild.start(launch);
    }

    /** Where the worker's temporary files lie. */
    public Path temp() {
        return folder.resolve("tmp");
    }

    /** A second place for the same id, with the same way to the broker. The caller's to start and to close. */
    public WorkerSlot twin() throws IOException {
        return new WorkerSlot(id, host, link, jvm, arguments, folder.resolve("twin"));
    }

    /**
     * Waits until the worker serves the model. One that gave up because no broker answered in time is started again, as a
     * supervisor would.
     */
    public void awaitServing() throws IOException, InterruptedException {
        for (int start = 1; ; start++) {
            try {
                process().awaitServing(START_LIMIT);
                return;
            } catch (IllegalStateException e) {
                boolean gaveUp =
                        !isAlive() && !process().said("none answered within").isEmpty();
                if (!gaveUp || last == null || start == STARTS) {
                    throw e;
                }
                child = WorkerChild.start(last);
            }
        }
    }

    /** Whether its process is there. */
    public boolean isAlive() {
        return child != null && child.isAlive();
    }

    /** The process that lives here now. */
    public WorkerChild process() {
        if (child == null) {
            throw new IllegalStateException(id + ": not started (expected: start() first)");
        }
        return child;
    }

    /**
     * SIGTERM, and waits for the end.
     *
     * @throws FaultFailedException unless it ends with exit code 0
     */
    public void drain() throws InterruptedException {
        process().terminate();
        int exit = process().awaitExit(DRAIN_LIMIT);
        if (exit != 0) {
            throw new FaultFailedException(id + ": exit code " + exit + " after SIGTERM (expected: 0)");
        }
    }

    /** Kills the process if there is one. */
    @Override
    public void close() {
        if (child != null) {
            child.close();
        }
    }
}

package dev.millrace.bench.process;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Waits until processes that nobody asks for anything use no CPU: then the compilers of their JVMs have nothing left to do. Under load,
 * where those that are measured use the CPUs as well, compilers need minutes for what takes them seconds here, and every figure taken
 * meanwhile pays for them. This process is always among them. Immutable.
 */
public final class Quiet {
    /** Of one CPU: a consumer that polls and a broker that looks after its topics use less. */
    private static final double IDLE = 0.1;

    private static final Duration GLANCE = Duration.ofMillis(500);

    private final List<ProcessHandle> processes;

    /** @param others beside this process */
    public Quiet(ProcessHandle... others) {
        processes = new ArrayList<>(List.of(others));
        processes.add(ProcessHandle.current());
    }

    /**
     * Waits.
     *
     * @param limit how long at most
     * @throws IOException when one of them has ended
     */
    public void await(Duration limit) throws IOException, InterruptedException {
        long start = System.nanoTime();
        double used = Double.POSITIVE_INFINITY;
        while (used > IDLE * GLANCE.toNanos() && System.nanoTime() - start < limit.toNanos()) {
            Duration before = cpu();
            Thread.sleep(GLANCE.toMillis());
            used = cpu().minus(before).toNanos();
        }
    }

    private Duration cpu() throws IOException {
        Duration all = Duration.ZERO;
        for (ProcessHandle process : processes) {
            all = all.plus(process.info()
                    .totalCpuDuration()
                    .orElseThrow(() -> new IOException("process " + process.pid() + ": has ended (expected: alive)")));
        }
        return all;
    }
}

package dev.millrace.bench.bed;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a JVM has used since its start.
 *
 * @param cpuNanos of all threads, compilers and collectors included
 * @param threads those of Java that live
 */
public record ProcessUsage(long cpuNanos, List<ThreadUsage> threads) {
    /**
     * What one thread has used since its start.
     *
     * @param allocatedBytes on the Java heap
     */
    public record ThreadUsage(String name, long cpuNanos, long allocatedBytes) {}

    /** Copies the list. */
    public ProcessUsage {
        threads = List.copyOf(threads);
    }

    /** CPU time that no Java thread has used since {@code before}: the JVM itself, its compilers above all. */
    public long jvmNanosSince(ProcessUsage before) {
        Map<String, Long> earlier = new HashMap<>();
        before.threads().forEach(thread -> earlier.put(thread.name(), thread.cpuNanos()));
        long known = 0;
        for (ThreadUsage thread : threads) {
            known += Math.max(0, thread.cpuNanos() - earlier.getOrDefault(thread.name(), 0L));
        }
        return Math.max(0, cpuNanos - before.cpuNanos() - known);
    }

    /** Of this process. */
    public static ProcessUsage here() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        List<ThreadUsage> usage = new ArrayList<>();
        for (long id : threads.getAllThreadIds()) {
            ThreadInfo thread = threads.getThreadInfo(id);
            long cpu = threads.getThreadCpuTime(id);
            if (thread != null && cpu >= 0) {
                usage.add(new ThreadUsage(thread.getThreadName(), cpu, threads.getThreadAllocatedBytes(id)));
            }
        }
        return new ProcessUsage(system.getProcessCpuTime(), usage);
    }
}

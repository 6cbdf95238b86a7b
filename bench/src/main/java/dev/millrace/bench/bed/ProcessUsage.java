package dev.millrace.bench.bed;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.ArrayList;
import java.util.List;

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

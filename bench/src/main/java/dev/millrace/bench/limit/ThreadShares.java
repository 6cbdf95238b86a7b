package dev.millrace.bench.limit;

import dev.millrace.bench.bed.ProcessUsage;
import dev.millrace.bench.bed.ProcessUsage.ThreadUsage;
import dev.millrace.bench.limit.LimitReport.Share;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A worker's CPU time and allocation by what its threads are for. Pure. */
final class ThreadShares {
    static final String JVM = "compiler, collector";

    private ThreadShares() {}

    /** For each image; the threads of the JVM itself have only CPU time. */
    static List<Share> between(ProcessUsage before, ProcessUsage after, long images) {
        Map<String, ThreadUsage> earlier = new HashMap<>();
        before.threads().forEach(thread -> earlier.put(thread.name(), thread));
        Map<String, long[]> sums = new LinkedHashMap<>();
        for (String purpose : List.of("lane", "consumer thread", "producer thread", "other threads")) {
            sums.put(purpose, new long[2]);
        }
        for (ThreadUsage thread : after.threads()) {
            ThreadUsage was = earlier.getOrDefault(thread.name(), new ThreadUsage(thread.name(), 0, 0));
            long cpu = Math.max(0, thread.cpuNanos() - was.cpuNanos());
            long[] sum = sums.getOrDefault(purpose(thread.name()), new long[2]);
            sum[0] += cpu;
            sum[1] += Math.max(0, thread.allocatedBytes() - was.allocatedBytes());
        }
        List<Share> shares = new ArrayList<>();
        sums.forEach((purpose, sum) -> shares.add(new Share(purpose, sum[0] / 1e4 / images, (double) sum[1] / images)));
        shares.add(new Share(JVM, after.jvmNanosSince(before) / 1e4 / images, 0));
        return shares;
    }

    private static String purpose(String thread) {
        if (thread.startsWith("lane-")) {
            return "lane";
        }
        if (thread.contains("consumer_background_thread")) {
            return "consumer thread";
        }
        return thread.contains("kafka-producer-network-thread") ? "producer thread" : "other threads";
    }
}

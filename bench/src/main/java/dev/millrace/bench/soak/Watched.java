package dev.millrace.bench.soak;

import dev.millrace.bench.process.Holdings;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A process, and what was read of it so far. The soak's thread. */
final class Watched {
    private final String name;
    private final long pid;
    private final Set<Measure> judged;
    private final Map<Measure, List<Reading>> readings = new EnumMap<>(Measure.class);

    /** @param judged what must not grow */
    Watched(String name, long pid, Set<Measure> judged) {
        this.name = name;
        this.pid = pid;
        this.judged = Set.copyOf(judged);
    }

    String name() {
        return name;
    }

    long pid() {
        return pid;
    }

    boolean judges(Measure measure) {
        return judged.contains(measure);
    }

    void add(double seconds, Holdings usage) {
        add(seconds, Measure.RSS, usage.rssMib());
        add(seconds, Measure.DESCRIPTORS, usage.descriptors());
        add(seconds, Measure.THREADS, usage.threads());
    }

    void add(double seconds, Measure measure, double value) {
        readings.computeIfAbsent(measure, m -> new ArrayList<>()).add(new Reading(seconds, value));
    }

    /** In the order of time; empty for what was never read. */
    List<Reading> readings(Measure measure) {
        return List.copyOf(readings.getOrDefault(measure, List.of()));
    }
}

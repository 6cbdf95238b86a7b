package dev.millrace.bench.process;

import dev.millrace.worker.model.CpuPin;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.openhft.affinity.Affinity;

/**
 * Which CPUs the lanes are pinned to, and which are left to brokers and clients. Taken from the end, as {@code cpu:auto}
 * takes them.
 *
 * @param lanes one CPU for each lane
 * @param others where everything else runs: the CPUs that no lane has, or all where none is left
 */
public record Placement(List<Integer> lanes, BitSet others) {
    /** Copies both. */
    public Placement {
        lanes = List.copyOf(lanes);
        others = (BitSet) others.clone();
    }

    /** A copy. */
    @Override
    public BitSet others() {
        return (BitSet) others.clone();
    }

    /**
     * For {@code lanes} lanes on this machine.
     *
     * @throws IllegalArgumentException when it has fewer CPUs
     */
    public static Placement of(int lanes) {
        BitSet allowed = CpuPin.allowed();
        int cpus = allowed.cardinality();
        if (lanes < 1 || lanes > cpus) {
            throw new IllegalArgumentException(
                    "lanes: " + lanes + " (expected: 1 to " + cpus + ", the CPUs of this process)");
        }
        int[] all = allowed.stream().toArray();
        List<Integer> pinned =
                IntStream.range(cpus - lanes, cpus).mapToObj(i -> all[i]).toList();
        BitSet others = (BitSet) allowed.clone();
        if (lanes < cpus) {
            pinned.forEach(others::clear);
        }
        return new Placement(pinned, others);
    }

    /** As a worker's {@code --lanes} takes it. */
    public String spec() {
        return lanes.stream().map(cpu -> "cpu:" + cpu).collect(Collectors.joining(","));
    }

    /** What is done on some CPUs. */
    public interface Work<T> {
        /** Does it. */
        T run() throws IOException, InterruptedException;
    }

    /**
     * Works on the CPUs of {@link #others}, and so do the threads and processes that are started meanwhile: they inherit the
     * mask of the thread that starts them.
     */
    public <T> T onOthers(Work<T> work) throws IOException, InterruptedException {
        BitSet before = Affinity.getAffinity();
        Affinity.setAffinity(others);
        try {
            return work.run();
        } finally {
            Affinity.setAffinity(before);
        }
    }
}

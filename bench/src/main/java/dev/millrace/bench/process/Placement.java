package dev.millrace.bench.process;

import dev.millrace.worker.model.CompilerThreads;
import dev.millrace.worker.model.CpuPin;
import dev.millrace.worker.model.Device;
import java.io.IOException;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.openhft.affinity.Affinity;

/**
 * Which devices the lanes have, and which CPUs are left to brokers and clients. CPUs are taken from the end, as
 * {@code cpu:auto} takes them.
 *
 * @param lanes the device of each: a CPU of its own, or all of them the same GPU
 * @param others where everything else runs: the CPUs that no lane has, or all where none is left
 */
public record Placement(List<Device> lanes, BitSet others) {
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
        List<Device> pinned = IntStream.range(cpus - lanes, cpus)
                .mapToObj(i -> new Device(Device.Kind.CPU, all[i]))
                .toList();
        BitSet others = (BitSet) allowed.clone();
        if (lanes < cpus) {
            pinned.forEach(cpu -> others.clear(cpu.index()));
        }
        return new Placement(pinned, others);
    }

    /**
     * For {@code lanes} lanes on {@code device}: {@code cpu:none} gives each a CPU of its own, a GPU is shared by all, whose
     * threads run on any CPU, as everything else does.
     */
    public static Placement on(Device device, int lanes) {
        return device.kind() == Device.Kind.CPU
                ? of(lanes)
                : new Placement(Collections.nCopies(lanes, device), CpuPin.allowed());
    }

    /** As a worker's {@code --lanes} takes it. */
    public String spec() {
        Device first = lanes.get(0);
        return first.kind() == Device.Kind.CUDA
                ? first + "x" + lanes.size()
                : lanes.stream().map(Device::toString).collect(Collectors.joining(","));
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
        // Those of this JVM would be on a lane's CPU otherwise, where nobody looks for them.
        CompilerThreads.avoid(lanes);
        return on(others, work);
    }

    /** As {@link #onOthers}, on all CPUs. */
    public <T> T onAll(Work<T> work) throws IOException, InterruptedException {
        BitSet cpus = (BitSet) others.clone();
        lanes.forEach(lane -> cpus.set(lane.index()));
        return on(cpus, work);
    }

    private static <T> T on(BitSet cpus, Work<T> work) throws IOException, InterruptedException {
        BitSet before = Affinity.getAffinity();
        Affinity.setAffinity(cpus);
        try {
            return work.run();
        } finally {
            Affinity.setAffinity(before);
        }
    }
}

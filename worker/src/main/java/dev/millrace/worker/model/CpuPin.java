package dev.millrace.worker.model;

import java.util.BitSet;
import java.util.Collection;
import java.util.stream.Collectors;
import net.openhft.affinity.Affinity;

/**
 * Ties the calling thread to the CPU of a device, until closed by that same thread. Threads that it starts meanwhile
 * inherit the mask: pin last. For {@code cpu:none} and GPUs there is nothing to tie to, and nothing is done.
 */
public final class CpuPin implements AutoCloseable {

    private final BitSet before;

    private CpuPin(BitSet before) {
        this.before = before;
    }

    /**
     * Pins, and reads the mask back: where pinning is not possible the call itself says nothing.
     *
     * @throws IllegalArgumentException if this thread may not, or cannot, be tied to that CPU
     */
    public static CpuPin to(Device device) {
        if (device.kind() != Device.Kind.CPU || device.index() < 0) {
            return new CpuPin(new BitSet());
        }
        CpuPin pin = new CpuPin(Affinity.getAffinity());
        if (!pin.before.get(device.index())) {
            throw unusable(device, pin.before);
        }
        BitSet cpu = new BitSet();
        cpu.set(device.index());
        Affinity.setAffinity(cpu);
        if (!cpu.equals(Affinity.getAffinity())) {
            pin.close();
            throw unusable(device, pin.before);
        }
        return pin;
    }

    /**
     * Ties the calling thread to some CPUs, until closed by that same thread: what it starts meanwhile, processes too, inherits the mask.
     *
     * @param cpus logical CPUs; where there are none, nothing is done
     * @throws IllegalArgumentException if this thread may not, or cannot, be tied to one of them
     */
    public static CpuPin to(BitSet cpus) {
        if (cpus.isEmpty()) {
            return new CpuPin(new BitSet());
        }
        CpuPin pin = new CpuPin(Affinity.getAffinity());
        BitSet others = (BitSet) cpus.clone();
        others.andNot(pin.before);
        if (others.isEmpty()) {
            Affinity.setAffinity(cpus);
            if (cpus.equals(Affinity.getAffinity())) {
                return pin;
            }
            pin.close();
        }
        throw new IllegalArgumentException(
                "cpus: " + list(cpus) + " (expected: some of CPUs " + list(pin.before) + ")");
    }

    /**
     * Keeps the calling thread, and the threads that it starts from now on, off the CPUs of {@code devices}, for good; does
     * nothing where no other CPU is left.
     */
    public static void avoid(Collection<Device> devices) {
        BitSet others = without(devices);
        if (!others.isEmpty()) {
            Affinity.setAffinity(others);
        }
    }

    /** Those of {@link #allowed} that none of {@code devices} is. */
    static BitSet without(Collection<Device> devices) {
        BitSet others = allowed();
        for (Device device : devices) {
            if (device.kind() == Device.Kind.CPU && device.index() >= 0) {
                others.clear(device.index());
            }
        }
        return others;
    }

    /** Logical CPUs that the calling thread may use, cgroup cpusets included; empty where the system does not say. */
    public static BitSet allowed() {
        return Affinity.getAffinity();
    }

    private static IllegalArgumentException unusable(Device device, BitSet allowed) {
        return new IllegalArgumentException(
                "device: " + device + " (expected: one of CPUs " + list(allowed) + ", or cpu:none)");
    }

    private static String list(BitSet cpus) {
        return cpus.stream().mapToObj(String::valueOf).collect(Collectors.joining(","));
    }

    @Override
    public void close() {
        if (!before.isEmpty()) {
            Affinity.setAffinity(before);
        }
    }
}

package dev.millrace.worker.cli;

import dev.millrace.worker.model.Device;
import java.util.BitSet;
import net.openhft.affinity.Affinity;

/** Keeps the calling thread on one CPU until closed, by that same thread; no pin at all for other devices. */
final class CpuPin implements AutoCloseable {

    private final BitSet before;

    /**
     * Pins, and reads the mask back: where pinning is not possible the call itself says nothing.
     *
     * @throws IllegalArgumentException if this process may not use that CPU
     */
    CpuPin(Device device) {
        boolean wanted = device.kind() == Device.Kind.CPU && device.index() >= 0;
        before = wanted ? Affinity.getAffinity() : new BitSet();
        if (wanted) {
            BitSet cpu = new BitSet();
            cpu.set(device.index());
            if (!before.intersects(cpu)) {
                throw unusable(device);
            }
            Affinity.setAffinity(cpu);
            if (!cpu.equals(Affinity.getAffinity())) {
                close();
                throw unusable(device);
            }
        }
    }

    private IllegalArgumentException unusable(Device device) {
        return new IllegalArgumentException("device: " + device + " (expected: one of CPUs " + before
                + ", which this process may use, or cpu:none)");
    }

    @Override
    public void close() {
        if (!before.isEmpty()) {
            Affinity.setAffinity(before);
        }
    }
}

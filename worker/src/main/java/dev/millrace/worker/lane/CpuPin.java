package dev.millrace.worker.lane;

import dev.millrace.worker.model.Device;
import java.util.BitSet;
import net.openhft.affinity.Affinity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ties the calling thread to a lane's CPU. Threads made afterwards by that thread inherit the mask: pin last. */
final class CpuPin {
    private static final Logger log = LoggerFactory.getLogger(CpuPin.class);

    private CpuPin() {}

    /**
     * Pins the calling thread and reads the mask back.
     *
     * @return where the thread really runs: {@code device}, or {@code cpu:none} when it could not be pinned
     */
    static Device pin(Device device) {
        if (device.kind() != Device.Kind.CPU || device.index() < 0) {
            return device;
        }
        BitSet wanted = new BitSet();
        wanted.set(device.index());
        try {
            Affinity.setAffinity(wanted);
            if (wanted.equals(Affinity.getAffinity())) {
                return device;
            }
        } catch (RuntimeException | LinkageError e) {
            log.debug("pinning failed", e);
        }
        log.warn("lane runs unpinned device={} (expected: a CPU that this process may use)", device);
        return Device.ANY_CPU;
    }
}

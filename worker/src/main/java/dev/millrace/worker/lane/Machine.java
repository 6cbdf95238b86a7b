package dev.millrace.worker.lane;

import dev.millrace.worker.model.CpuPin;
import dev.millrace.worker.model.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * What this process may use of the machine it is on.
 *
 * @param cpus logical CPUs, cgroup cpusets included
 * @param processors CPUs' worth of time: the cgroup quota rounded up (v1 and v2, as the JVM reads it), or all of
 *     {@code cpus}
 * @param gpus NVIDIA GPUs that the driver shows; empty where that cannot be told, as in some containers
 */
public record Machine(BitSet cpus, int processors, OptionalInt gpus) {
    private static final Path DRIVER = Path.of("/proc/driver/nvidia/gpus");

    /** Copies the set. */
    public Machine {
        cpus = (BitSet) cpus.clone();
    }

    /** A copy. */
    @Override
    public BitSet cpus() {
        return (BitSet) cpus.clone();
    }

    /** The machine this is. Call from a thread that is not pinned. */
    public static Machine here() {
        int processors = Runtime.getRuntime().availableProcessors();
        BitSet cpus = CpuPin.allowed();
        if (cpus.isEmpty()) {
            cpus.set(0, processors);
        }
        return new Machine(cpus, processors, countGpus());
    }

    private static OptionalInt countGpus() {
        try (Stream<Path> gpus = Files.list(DRIVER)) {
            return OptionalInt.of((int) gpus.count());
        } catch (IOException e) {
            return OptionalInt.empty();
        }
    }

    /** What to warn of before these lanes start: there are more of them than this process has CPU time for. */
    public Optional<String> shortageFor(List<Device> lanes) {
        long onCpus = lanes.stream()
                .filter(device -> device.kind() == Device.Kind.CPU)
                .count();
        return onCpus <= processors
                ? Optional.empty()
                : Optional.of("lanes on CPUs: " + onCpus + " (expected: at most " + processors
                        + ", the CPUs and cgroup quota of this process)");
    }

    /** As people write it: {@code CPUs 0-3,6; no NVIDIA driver to be seen}. */
    @Override
    public String toString() {
        String seen = gpus.isEmpty()
                ? "no NVIDIA driver to be seen"
                : gpus.getAsInt() + (gpus.getAsInt() == 1 ? " NVIDIA GPU" : " NVIDIA GPUs");
        return "CPUs " + ranges(cpus) + "; " + seen;
    }

    private static String ranges(BitSet cpus) {
        List<String> ranges = new ArrayList<>();
        for (int from = cpus.nextSetBit(0); from >= 0; ) {
            int past = cpus.nextClearBit(from);
            ranges.add(past - from == 1 ? String.valueOf(from) : from + "-" + (past - 1));
            from = cpus.nextSetBit(past);
        }
        return String.join(",", ranges);
    }
}

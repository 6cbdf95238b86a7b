package dev.millrace.worker.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.worker.model.Device;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

final class MachineTest {

    @Test
    void readsAsPeopleWriteIt() {
        BitSet cpus = new BitSet();
        cpus.set(0, 4);
        cpus.set(6);
        cpus.set(63, 65);
        assertThat(new Machine(cpus, 3, OptionalInt.empty()))
                .hasToString("CPUs 0-3,6,63-64; no NVIDIA driver to be seen");
        assertThat(new Machine(cpus, 3, OptionalInt.of(2))).hasToString("CPUs 0-3,6,63-64; 2 NVIDIA GPUs");
    }

    @Test
    void warnsOfMoreCpuLanesThanItHasTimeFor() {
        BitSet cpus = new BitSet();
        cpus.set(0, 4);
        Machine quota = new Machine(cpus, 2, OptionalInt.empty());
        List<Device> gpus = Collections.nCopies(4, Device.parse("cuda:0"));
        assertThat(quota.shortageFor(gpus)).isEmpty();
        assertThat(quota.shortageFor(Collections.nCopies(2, Device.ANY_CPU))).isEmpty();
        assertThat(quota.shortageFor(Collections.nCopies(3, Device.ANY_CPU)))
                .hasValue("lanes on CPUs: 3 (expected: at most 2, the CPUs and cgroup quota of this process)");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void seesTheCpusThatTheKernelAllows() throws Exception {
        String allowed = Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElseThrow();
        assertThat(Machine.here().toString()).startsWith("CPUs " + allowed + "; ");
    }
}

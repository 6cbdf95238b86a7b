package dev.millrace.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
final class CpuPinTest {

    @Test
    void tiesTheThreadToOneCpuUntilClosed() {
        BitSet before = CpuPin.allowed();
        int cpu = before.length() - 1;
        CpuPin pin = CpuPin.to(new Device(Device.Kind.CPU, cpu));
        try {
            assertThat(CpuPin.allowed().stream()).containsExactly(cpu);
        } finally {
            pin.close();
        }
        assertThat(CpuPin.allowed()).isEqualTo(before);
    }

    @Test
    void leavesTheThreadAloneForOtherDevices() {
        BitSet before = CpuPin.allowed();
        for (String device : new String[] {"cpu:none", "cuda:0"}) {
            CpuPin pin = CpuPin.to(Device.parse(device));
            assertThat(CpuPin.allowed()).isEqualTo(before);
            pin.close();
            assertThat(CpuPin.allowed()).isEqualTo(before);
        }
    }

    @Test
    void refusesACpuThatThisThreadMayNotUse() {
        BitSet before = CpuPin.allowed();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CpuPin.to(Device.parse("cpu:99999")))
                .withMessageStartingWith("device: cpu:99999 (expected: one of CPUs ")
                .withMessageEndingWith(", or cpu:none)");
        assertThat(CpuPin.allowed()).isEqualTo(before);
    }
}

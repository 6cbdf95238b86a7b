package dev.millrace.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
    void tiesTheThreadToSomeCpusUntilClosed() {
        BitSet before = CpuPin.allowed();
        BitSet some = new BitSet();
        some.set(before.nextSetBit(0));
        some.set(before.length() - 1);
        CpuPin pin = CpuPin.to(some);
        try {
            assertThat(CpuPin.allowed()).isEqualTo(some);
        } finally {
            pin.close();
        }
        assertThat(CpuPin.allowed()).isEqualTo(before);
        CpuPin.to(new BitSet()).close();
        assertThat(CpuPin.allowed()).isEqualTo(before);
        some.set(99_999);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CpuPin.to(some))
                .withMessageContaining("99999 (expected: some of CPUs ");
        assertThat(CpuPin.allowed()).isEqualTo(before);
    }

    @Test
    void keepsAThreadOffTheCpusOfLanesWhereOthersAreLeft() throws Exception {
        BitSet before = CpuPin.allowed();
        int cpu = before.length() - 1;
        BitSet left = inNewThread(List.of(new Device(Device.Kind.CPU, cpu), Device.parse("cuda:0")));
        BitSet expected = (BitSet) before.clone();
        if (before.cardinality() > 1) {
            expected.clear(cpu);
        }
        assertThat(left).isEqualTo(expected);
    }

    @Test
    void leavesAThreadWhereItIsWhenLanesHaveEveryCpu() throws Exception {
        List<Device> all = CpuPin.allowed().stream()
                .mapToObj(cpu -> new Device(Device.Kind.CPU, cpu))
                .toList();
        assertThat(inNewThread(all)).isEqualTo(CpuPin.allowed());
    }

    private static BitSet inNewThread(List<Device> lanes) throws Exception {
        return CompletableFuture.supplyAsync(
                        () -> {
                            CpuPin.avoid(lanes);
                            return CpuPin.allowed();
                        },
                        work -> new Thread(work).start())
                .get();
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

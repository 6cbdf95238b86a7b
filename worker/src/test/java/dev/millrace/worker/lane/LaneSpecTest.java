package dev.millrace.worker.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LaneSpecTest {
    @Test
    void makesOneLanePerNamedCpu() {
        assertThat(slots("cpu:0,cpu:2-3", cpus(0, 1, 2, 3), 1)).containsExactly("cpu:0", "cpu:2", "cpu:3");
    }

    @Test
    void leavesTheReserveOutOfAuto() {
        assertThat(slots("cpu:auto", cpus(0, 1, 4, 5), 1)).containsExactly("cpu:1", "cpu:4", "cpu:5");
    }

    @Test
    void makesAtLeastOneLaneHoweverLargeTheReserve() {
        assertThat(slots("cpu:auto", cpus(3), 4)).containsExactly("cpu:3");
    }

    @Test
    void repeatsADeviceAsOftenAsAsked() {
        assertThat(slots("cpu:none x3, cuda:0x2", cpus(0), 1))
                .containsExactly("cpu:none", "cpu:none", "cpu:none", "cuda:0", "cuda:0");
    }

    @Test
    void saysWhichCpusThereAre() {
        assertThatThrownBy(() -> slots("cpu:7", cpus(0, 1), 1))
                .hasMessageContaining("cpu:7 (expected: one of the CPUs {0, 1})");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "cpu",
                "cpu:",
                "cpu:x",
                "gpu:0",
                "cuda:auto",
                "cuda:none",
                "cpu:0x0",
                "cpu:0,,cpu:1",
                "cpu:-1"
            })
    void refusesWhatItDoesNotUnderstand(String spec) {
        assertThatThrownBy(() -> LaneSpec.parse(spec)).hasMessageContaining("(expected: cpu:0,cpu:1 |");
    }

    @Test
    void refusesARangeThatRunsBackwards() {
        assertThatThrownBy(() -> slots("cpu:3-1", cpus(0, 1, 2, 3), 1)).hasMessageContaining("from low to high");
    }

    private static List<String> slots(String spec, BitSet allowed, int reserve) {
        return LaneSpec.parse(spec).slots(allowed, reserve).stream()
                .map(Object::toString)
                .toList();
    }

    private static BitSet cpus(int... cpus) {
        BitSet set = new BitSet();
        for (int cpu : cpus) {
            set.set(cpu);
        }
        return set;
    }
}

package dev.millrace.worker.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LaneSpecTest {
    @Test
    void makesOneLanePerNamedCpu() {
        assertThat(slots("cpu:0,cpu:2-3", on(0, 1, 2, 3), 1)).containsExactly("cpu:0", "cpu:2", "cpu:3");
    }

    @Test
    void leavesTheReserveOutOfAuto() {
        assertThat(slots("cpu:auto", on(0, 1, 4, 5), 1)).containsExactly("cpu:1", "cpu:4", "cpu:5");
    }

    @Test
    void makesAtLeastOneLaneHoweverLargeTheReserve() {
        assertThat(slots("cpu:auto", on(3), 4)).containsExactly("cpu:3");
    }

    @Test
    void repeatsADeviceAsOftenAsAsked() {
        assertThat(slots("cpu:none x3, cuda:0x2", on(0), 1))
                .containsExactly("cpu:none", "cpu:none", "cpu:none", "cuda:0", "cuda:0");
    }

    @Test
    void refusesACpuThatThisProcessMayNotUse() {
        assertThatThrownBy(() -> slots("cpu:0-7", on(0, 1), 1))
                .hasMessage("cpu:2 (expected: one that this process may use)");
    }

    @Test
    void refusesAGpuBeyondThoseThatTheDriverShows() {
        BitSet cpus = new BitSet();
        cpus.set(0);
        Machine twoGpus = new Machine(cpus, 1, OptionalInt.of(2));
        assertThat(slots("cuda:0-1x2", twoGpus, 1)).containsExactly("cuda:0", "cuda:0", "cuda:1", "cuda:1");
        assertThatThrownBy(() -> slots("cuda:2", twoGpus, 1))
                .hasMessage("cuda:2 (expected: one that this process may use)");
        assertThat(slots("cuda:2", on(0), 1)).containsExactly("cuda:2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cpu:1,cpu:1", "cpu:0-3,cpu:1", "cpu:auto,cpu:1", "cpu:0,cpu:1 x2,cpu:1-2"})
    void refusesADeviceNamedTwice(String spec) {
        assertThatThrownBy(() -> slots(spec, on(0, 1, 2, 3), 1))
                .hasMessage("cpu:1 is named twice (expected: once, with a count for more lanes on it: cpu:1 x2)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cpu:none x999", "cuda:0-99999", "cuda:0-255x2"})
    void refusesMoreLanesThanAnyMachineNeeds(String spec) {
        assertThatThrownBy(() -> slots(spec, on(0), 1)).hasMessageContaining("at most 256");
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
        assertThatThrownBy(() -> LaneSpec.parse(spec)).hasMessageContaining(" (expected: cpu:0,cpu:1 |");
    }

    @Test
    void refusesARangeThatRunsBackwards() {
        assertThatThrownBy(() -> slots("cpu:3-1", on(0, 1, 2, 3), 1)).hasMessageContaining("from low to high");
    }

    private static List<String> slots(String spec, Machine machine, int reserve) {
        return LaneSpec.parse(spec).slots(machine, reserve).stream()
                .map(Object::toString)
                .toList();
    }

    private static Machine on(int... cpus) {
        BitSet set = new BitSet();
        for (int cpu : cpus) {
            set.set(cpu);
        }
        return new Machine(set, cpus.length, OptionalInt.empty());
    }
}

package dev.millrace.bench.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.millrace.worker.model.CpuPin;
import dev.millrace.worker.model.Device;
import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class PlacementTest {
    private final BitSet allowed = CpuPin.allowed();

    @Test
    void givesLanesTheHighestCpusAndTheRestToOthers() {
        Placement one = Placement.of(1);

        assertThat(one.lanes()).containsExactly(Device.parse("cpu:" + (allowed.length() - 1)));
        assertThat(one.spec()).isEqualTo("cpu:" + (allowed.length() - 1));
        assertThat(one.others().get(allowed.length() - 1)).isEqualTo(allowed.cardinality() == 1);
    }

    @Test
    void putsAllLanesOnTheOneGpuAndTakesNoCpuForThem() {
        Placement two = Placement.on(Device.parse("cuda:0"), 2);

        assertThat(two.spec()).isEqualTo("cuda:0x2");
        assertThat(two.lanes()).hasSize(2);
        assertThat(two.others()).isEqualTo(allowed);
        assertThat(Placement.on(Device.ANY_CPU, 1)).isEqualTo(Placement.of(1));
    }

    @Test
    void letsOthersRunEverywhereWhereLanesHaveAllCpus() {
        assertThat(Placement.of(allowed.cardinality()).others()).isEqualTo(allowed);
    }

    @Test
    void worksOnTheOtherCpusAndComesBack() throws Exception {
        Placement one = Placement.of(1);

        BitSet during = one.onOthers(CpuPin::allowed);

        assertThat(during).isEqualTo(one.others());
        assertThat(CpuPin.allowed()).isEqualTo(allowed);
    }

    @Test
    void refusesMoreLanesThanCpus() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Placement.of(allowed.cardinality() + 1))
                .withMessageContaining("the CPUs of this process");
    }
}

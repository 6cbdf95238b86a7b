package dev.millrace.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.bench.process.Holdings;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ProcessReadingTest {
    @Test
    void readsANumberWithAndWithoutUnit() throws Exception {
        List<String> status = List.of("Name:\tjava", "VmRSS:\t  441344 kB", "Threads:\t33");
        assertThat(Holdings.number(status, "VmRSS:")).isEqualTo(441_344);
        assertThat(Holdings.number(status, "Threads:")).isEqualTo(33);
    }

    @Test
    void aProcessWithoutMemoryHasEnded() {
        assertThatThrownBy(() -> Holdings.number(List.of("Name:\tjava", "State:\tZ (zombie)"), "VmRSS:"))
                .isInstanceOf(IOException.class)
                .hasMessageContainingAll("VmRSS:", "expected: a running process");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void readsThisProcess() throws Exception {
        Holdings usage = Holdings.of(ProcessHandle.current().pid());
        assertThat(usage.rssMib()).isGreaterThan(1);
        assertThat(usage.descriptors()).isPositive();
        assertThat(usage.threads()).isPositive();
    }

    @Test
    void addsUpTheGenerationsOfTheHeap() throws Exception {
        assertThat(LiveHeap.parse("""
                                4711:
                                Command executed successfully
                                 def new generation   total 78656K, used 1024K [0x00000000f0000000, 0x00000000f5550000)
                                  eden space 69952K,   2% used [0x00000000f0000000, 0x00000000f016fd10)
                                 tenured generation   total 174784K, used 30720K [0x00000000f5550000)
                                   the space 174784K,  17% used [0x00000000f5550000, 0x00000000f7350000)
                                 Metaspace       used 50123K, committed 50688K, reserved 1097728K
                                """)).isEqualTo(31);
    }

    @Test
    void saysWhatTheJvmAnsweredInsteadOfItsHeap() {
        assertThatThrownBy(() -> LiveHeap.parse("com.sun.tools.attach.AttachNotSupportedException\n"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("AttachNotSupportedException");
    }
}

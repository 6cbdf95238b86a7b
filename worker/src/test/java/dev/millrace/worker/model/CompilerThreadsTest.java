package dev.millrace.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class CompilerThreadsTest {
    @Test
    void stayOffTheLanesCpus() throws Exception {
        List<Integer> cpus = CpuPin.allowed().stream().boxed().toList();
        assumeTrue(cpus.size() > 1, "one CPU");
        int lane = cpus.get(cpus.size() - 1);

        CompilerThreads.avoid(List.of(new Device(Device.Kind.CPU, lane)));

        assertThat(masks()).isNotEmpty().doesNotContain(allowed(Path.of("/proc/self/status")));
    }

    private static Set<String> masks() throws IOException {
        Set<String> masks = new TreeSet<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            for (Path task : tasks.toList()) {
                try {
                    if (Files.readString(task.resolve("comm")).matches("(?s)C[12] Compiler.*")) {
                        masks.add(allowed(task.resolve("status")));
                    }
                } catch (NoSuchFileException e) {
                    // It has ended meanwhile.
                }
            }
        }
        return masks;
    }

    private static String allowed(Path status) throws IOException {
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("Cpus_allowed:"))
                .findFirst()
                .orElseThrow();
    }
}

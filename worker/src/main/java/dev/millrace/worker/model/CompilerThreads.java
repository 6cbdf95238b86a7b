package dev.millrace.worker.model;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import net.openhft.affinity.impl.LinuxHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The JVM's own compiler threads. They run for minutes after a start, wherever the system puts them, and a lane that shares its CPU
 * with one is late for as long: at two thirds of its capacity it cannot catch up meanwhile.
 */
public final class CompilerThreads {
    private static final Logger log = LoggerFactory.getLogger(CompilerThreads.class);
    private static final Path TASKS = Path.of("/proc/self/task");
    /** As HotSpot names them, cut by the kernel to 15 characters. */
    private static final List<String> NAMES = List.of("C1 Compiler", "C2 Compiler");

    private CompilerThreads() {}

    /**
     * Keeps them, and those that they start from now on, off the CPUs of {@code devices}, for good. Does nothing where no other CPU is
     * left, and elsewhere than on Linux.
     */
    public static void avoid(Collection<Device> devices) {
        BitSet others = CpuPin.without(devices);
        if (others.isEmpty() || others.equals(CpuPin.allowed()) || !Files.isDirectory(TASKS)) {
            return;
        }
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
            for (Path task : tasks) {
                String name = Files.readString(task.resolve("comm"));
                if (NAMES.stream().anyMatch(name::startsWith)) {
                    LinuxHelper.sched_setaffinity(
                            Integer.parseInt(task.getFileName().toString()), others);
                }
            }
        } catch (IOException | IllegalStateException e) {
            // A thread that has ended meanwhile, or a system that does not let us: only slower.
            log.debug("Compiler threads stay where they are: {}", e.getMessage());
        }
    }
}

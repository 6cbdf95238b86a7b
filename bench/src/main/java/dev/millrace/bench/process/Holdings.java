package dev.millrace.bench.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a process holds at this moment.
 *
 * @param rssMib resident memory
 * @param descriptors open file descriptors
 * @param threads of it
 */
public record Holdings(double rssMib, int descriptors, int threads) {
    /**
     * Asks the kernel.
     *
     * @throws IOException when there is no such process any more
     */
    public static Holdings of(long pid) throws IOException {
        Path folder = Path.of("/proc", Long.toString(pid));
        List<String> status = Files.readAllLines(folder.resolve("status"));
        try (Stream<Path> descriptors = Files.list(folder.resolve("fd"))) {
            return new Holdings(
                    number(status, "VmRSS:") / 1024.0,
                    Math.toIntExact(descriptors.count()),
                    Math.toIntExact(number(status, "Threads:")));
        }
    }

    /** The number in the line of {@code status} that begins with {@code name}; see proc_pid_status(5). */
    public static long number(List<String> status, String name) throws IOException {
        String line = status.stream()
                .filter(candidate -> candidate.startsWith(name))
                .findFirst()
                // A process that has ended, and is not reaped yet, has no memory.
                .orElseThrow(() -> new IOException("process status: no " + name + " (expected: a running process)"));
        return Long.parseLong(line.substring(name.length()).replace("kB", "").strip());
    }
}

package dev.millrace.trainer.gate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A JVM of its own for a model that is not to be trusted, and the limits that end it: wall-clock time everywhere; on Linux memory too, by
 * the kernel's limit on data (setrlimit RLIMIT_DATA), so that a request for more fails in the child, and by the resident memory that
 * {@code /proc} shows. Elsewhere only the Java heap is bounded. It ends with its parent, however that ends.
 */
final class TrialProcess {
    private static final Path PROC = Path.of("/proc");
    private static final boolean LINUX = Files.isReadable(PROC.resolve("self/status"));
    private static final long POLL_MILLIS = 20;
    private static final int MIB = 1 << 20;
    private static final int HEAP_MIB = 96;
    /** What a JVM asks for and never touches: the kernel counts it, the resident memory does not. */
    private static final int UNTOUCHED_MIB = 256;

    private static final String OUTPUT = "output.log";

    private final Path folder;
    private final GateFile.Child limits;
    private final int heapMib;

    /**
     * Prepares a process.
     *
     * @param folder its working folder, with the request in it
     * @param payload bytes of the request that it will keep in memory
     */
    TrialProcess(Path folder, GateFile.Child limits, long payload) {
        this.folder = folder;
        this.limits = limits;
        this.heapMib = (int) (HEAP_MIB + 3 * payload / MIB);
    }

    /** Runs it to its end or to its limits; it is gone on return. */
    Trial run() throws IOException, InterruptedException {
        long started = System.nanoTime();
        Process process = new ProcessBuilder(command())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(OUTPUT).toFile())
                .start();
        Thread atExit = new Thread(() -> abandon(process), "gate-child");
        Runtime.getRuntime().addShutdownHook(atExit);
        Double peak = null;
        String stopped = null;
        try {
            while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                peak = higher(peak, peakKib(process.pid()));
                stopped = excess(peak, seconds(started));
                if (stopped != null) {
                    break;
                }
            }
        } finally {
            process.destroyForcibly();
            awaitEnd(process);
            withdraw(atExit);
        }
        double seconds = seconds(started);
        return new Trial(seconds, peak, stopped == null ? outcome(process.exitValue()) : new Trial.Failed(stopped));
    }

    private static void awaitEnd(Process process) {
        boolean interrupted = false;
        while (process.isAlive()) {
            try {
                process.waitFor();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** When this JVM is told to end meanwhile. */
    private void abandon(Process process) {
        process.destroyForcibly();
        awaitEnd(process);
        try {
            delete(folder);
        } catch (IOException e) {
            // The JVM is going down; what is left is for whoever cleans the temp directory.
        }
    }

    private static void withdraw(Thread atExit) {
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // It is running already.
        }
    }

    private List<String> command() {
        List<String> command = new ArrayList<>();
        if (LINUX) {
            command.addAll(List.of(
                    "/bin/sh",
                    "-c",
                    "ulimit -d \"$0\"; exec \"$@\"",
                    String.valueOf((limits.memoryMib() + UNTOUCHED_MIB) * 1024L)));
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-Xmx" + heapMib + "m",
                "-Xshare:auto",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=crash.log",
                "-Djava.io.tmpdir=" + folder.toAbsolutePath(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                TrialMain.class.getName()));
        return command;
    }

    private @Nullable String excess(@Nullable Double peak, double seconds) {
        if (peak != null && peak > limits.memoryMib()) {
            return "stopped: it took more than %,d MiB of memory".formatted(limits.memoryMib());
        }
        if (seconds > limits.seconds()) {
            return "stopped: no end after %s s".formatted(limits.seconds());
        }
        return null;
    }

    private Trial.Outcome outcome(int exit) throws IOException {
        if (exit == 0) {
            return TrialRequest.outcome(folder);
        }
        // A process that a signal ended has 128 and its number as exit code.
        String signal = exit > 128 && exit < 160 ? " (signal " + (exit - 128) + ")" : "";
        return new Trial.Failed("crashed: exit code " + exit + signal + lastWords());
    }

    /** What a library or the JVM said last, in one line. */
    private String lastWords() throws IOException {
        try (Stream<String> lines = Files.lines(folder.resolve(OUTPUT))) {
            return lines.map(String::strip)
                    .filter(line -> line.length() > 1)
                    .filter(line -> line.contains("SIG") || line.contains("rror") || line.contains("emory"))
                    .findFirst()
                    .map(line -> ": " + line.substring(0, Math.min(200, line.length())))
                    .orElse("");
        } catch (UncheckedIOException e) {
            return "";
        }
    }

    private static @Nullable Double higher(@Nullable Double one, OptionalLong other) {
        if (other.isEmpty()) {
            return one;
        }
        double mib = (double) other.getAsLong() / 1024;
        return one == null ? mib : Math.max(one, mib);
    }

    /** Most resident memory so far, in KiB; empty where the system does not say, or the process has just gone. */
    private static OptionalLong peakKib(long pid) {
        if (!LINUX) {
            return OptionalLong.empty();
        }
        try (Stream<String> lines = Files.lines(PROC.resolve(pid + "/status"))) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst();
        } catch (IOException | UncheckedIOException e) {
            return OptionalLong.empty();
        }
    }

    private static double seconds(long started) {
        return (System.nanoTime() - started) / 1e9;
    }

    /** Deletes a folder with all that is in it. */
    static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}

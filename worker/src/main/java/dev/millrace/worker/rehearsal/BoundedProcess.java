package dev.millrace.worker.rehearsal;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A JVM of its own for a model that is not to be trusted, and the limits that end it: wall-clock time everywhere; on Linux memory too, by
 * the kernel's limit on data (setrlimit RLIMIT_DATA), so that a request for more fails in the child, and by the resident memory that
 * {@code /proc} shows. Elsewhere only the Java heap is bounded. It ends with its parent, however that ends.
 */
public final class BoundedProcess {
    private static final Path PROC = Path.of("/proc");
    private static final boolean LINUX = Files.isReadable(PROC.resolve("self/status"));
    private static final long POLL_MILLIS = 20;
    /** What a JVM asks for and never touches: the kernel counts it, the resident memory does not. */
    private static final int UNTOUCHED_MIB = 256;

    /** When the system runs out of memory all the same, this process is to go and not its parent. */
    private static final String SHELL =
            "echo 1000 2>/dev/null >/proc/self/oom_score_adj; ulimit -d \"$0\"; exec \"$@\"";

    private static final String OUTPUT = "output.log";

    /** All that it is told of the environment: no password and no JVM option that is meant for its parent. */
    private static final Set<String> PASSED_ON = Set.of(
            "PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SystemRoot", "TEMP", "TMP", "ORT_DISABLE_TELEMETRY");

    private final Path folder;
    private final ProcessLimits limits;
    private final int heapMib;
    private final Class<?> main;

    /**
     * How it ended.
     *
     * @param seconds from its start to its end
     * @param peakMib most resident memory; null where the system does not tell
     * @param exitCode as the system gives it
     * @param failure why it did not end by itself with exit code 0; null where it did
     */
    public record Ended(
            double seconds,
            @Nullable Double peakMib,
            int exitCode,
            @Nullable String failure) {}

    /**
     * Prepares a process.
     *
     * @param folder its working and temp folder, with what it needs in it
     * @param heapMib the Java heap it may have
     * @param main begins with {@link ParentWatch#start}
     */
    public BoundedProcess(Path folder, ProcessLimits limits, int heapMib, Class<?> main) {
        this.folder = folder;
        this.limits = limits;
        this.heapMib = heapMib;
        this.main = main;
    }

    /** Runs it to its end or to its limits; it is gone on return, also when the calling thread is interrupted. */
    public Ended run() throws IOException, InterruptedException {
        long started = System.nanoTime();
        Process process = start();
        Thread atExit = new Thread(() -> abandon(process), "bounded-process");
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
        int exit = process.exitValue();
        return new Ended(seconds(started), peak, exit, stopped == null ? crash(exit) : stopped);
    }

    private Process start() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(OUTPUT).toFile());
        builder.environment().keySet().retainAll(PASSED_ON);
        return builder.start();
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
            command.addAll(
                    List.of("/bin/sh", "-c", SHELL, String.valueOf((limits.memoryMib() + UNTOUCHED_MIB) * 1024L)));
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
                absoluteClassPath(),
                main.getName()));
        return command;
    }

    /** It runs in a folder of its own. */
    private static String absoluteClassPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
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

    private @Nullable String crash(int exit) throws IOException {
        if (exit == 0) {
            return null;
        }
        // A process that a signal ended has 128 and its number as exit code.
        String signal = exit > 128 && exit < 160 ? " (signal " + (exit - 128) + ")" : "";
        return "crashed: exit code " + exit + signal + lastWords();
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
    public static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}

package dev.millrace.worker.rehearsal;

import dev.millrace.worker.model.CpuPin;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A JVM of its own for what is not to be trusted, and the limits that end it: wall-clock time everywhere; on Linux memory too, by
 * the kernel's limit on data (setrlimit RLIMIT_DATA), so that a request for more fails in the child, and by the resident memory that
 * {@code /proc} shows. Elsewhere only the Java heap is bounded. It ends with its parent, however that ends.
 */
public final class BoundedProcess {
    /** In its folder, for its temp files. */
    public static final String TEMP = "tmp";

    private static final Path PROC = Path.of("/proc");
    private static final boolean LINUX = Files.isReadable(PROC.resolve("self/status"));
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration STOP = Duration.ofSeconds(15);

    /** What a JVM asks for and never touches: the kernel counts it, the resident memory does not. */
    private static final int UNTOUCHED_MIB = 256;

    /** The same where PyTorch is in it. */
    private static final int UNTOUCHED_IN_TRAINING_MIB = 512;

    /** When the system runs out of memory all the same, this process is to go and not its parent. */
    private static final String SHELL =
            "echo 1000 2>/dev/null >/proc/self/oom_score_adj; ulimit -d \"$0\"; exec \"$@\"";

    /**
     * Ctrl-C goes to every process of a terminal, and a service manager's SIGTERM to every one of a service: a process that works for long
     * is told by its parent what to make of it.
     */
    private static final String DEAF = "trap '' HUP INT TERM; ";

    /** Where a CPU is wanted elsewhere, this process is to wait. */
    private static final List<String> YIELDING = List.of("nice", "-n", "10");

    private static final String OUTPUT = "output.log";

    /** All that it is told of the environment: no password and no JVM option that is meant for its parent. */
    private static final Set<String> PASSED_ON = Set.of(
            "PATH",
            "HOME",
            "LANG",
            "LC_ALL",
            "LD_LIBRARY_PATH",
            "XDG_CACHE_HOME",
            "SystemRoot",
            "TEMP",
            "TMP",
            "ORT_DISABLE_TELEMETRY");

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
     * @param overLimit whether it was ended for what it took
     */
    public record Ended(
            double seconds,
            @Nullable Double peakMib,
            int exitCode,
            @Nullable String failure,
            boolean overLimit) {}

    /**
     * Prepares a process.
     *
     * @param folder for what it needs, its temp files and what it says when it fails
     * @param heapMib the Java heap it may have
     * @param main ends when its standard input does, such as by {@link ParentWatch#start}
     */
    public BoundedProcess(Path folder, ProcessLimits limits, int heapMib, Class<?> main) {
        this.folder = folder.toAbsolutePath();
        this.limits = limits;
        this.heapMib = heapMib;
        this.main = main;
    }

    /**
     * Runs it to its end or to its limits, with its folder as working folder; it is gone on return, also when the calling thread is
     * interrupted.
     */
    public Ended run() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(shell(SHELL, UNTOUCHED_MIB));
        command.addAll(java(List.of("-XX:TieredStopAtLevel=1"), List.of()));
        ProcessBuilder builder = builder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output());
        Running running = new Running(builder.start());
        Thread atExit = new Thread(() -> abandon(running), "bounded-process");
        Runtime.getRuntime().addShutdownHook(atExit);
        try {
            Optional<Ended> ended = Optional.empty();
            while (ended.isEmpty()) {
                ended = running.ended(POLL);
            }
            return ended.get();
        } finally {
            running.kill();
            withdraw(atExit);
        }
    }

    /**
     * Starts it to work for long beside everything else: it waits where a CPU is wanted elsewhere, and keeps the working folder of this
     * process.
     *
     * @param cpus that it is tied to; none: any
     * @param lines told of every line on its standard output, on a thread of its own
     * @throws IllegalArgumentException when there are no such CPUs
     */
    @SuppressWarnings("try")
    public Running start(BitSet cpus, List<String> arguments, Consumer<String> lines) throws IOException {
        List<String> command = new ArrayList<>(shell(DEAF + SHELL, UNTOUCHED_IN_TRAINING_MIB));
        if (LINUX) {
            command.addAll(YIELDING);
        }
        command.addAll(java(List.of(), arguments));
        ProcessBuilder builder = builder(command).redirectError(output());
        // A process has the CPUs of the thread that starts it, and so have all its threads, native ones too.
        try (CpuPin pin = CpuPin.to(cpus)) {
            Running running = new Running(builder.start());
            running.tell(lines);
            return running;
        }
    }

    private List<String> shell(String script, int untouchedMib) {
        return LINUX
                ? List.of("/bin/sh", "-c", script, String.valueOf((limits.memoryMib() + untouchedMib) * 1024L))
                : List.of();
    }

    private List<String> java(List<String> options, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of(
                "-Xmx" + heapMib + "m",
                "-Xshare:auto",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve("crash.log"),
                "-Djava.io.tmpdir=" + folder.resolve(TEMP),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                absoluteClassPath(),
                main.getName()));
        command.addAll(arguments);
        return command;
    }

    /** It may have another working folder. */
    private static String absoluteClassPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    private ProcessBuilder builder(List<String> command) throws IOException {
        Files.createDirectories(folder.resolve(TEMP));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().retainAll(PASSED_ON);
        return builder;
    }

    private File output() {
        return folder.resolve(OUTPUT).toFile();
    }

    /** When this JVM is told to end meanwhile. */
    private void abandon(Running running) {
        running.kill();
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

    /** A process that was started. Belongs to the thread that started it. */
    public final class Running implements AutoCloseable {
        private final Process process;
        private final long started = System.nanoTime();
        private @Nullable Thread reader;
        private @Nullable Double peakMib;
        private @Nullable Ended known;

        private Running(Process process) {
            this.process = process;
        }

        private void tell(Consumer<String> lines) {
            Thread reading = new Thread(() -> read(lines), "bounded-process-output");
            reading.setDaemon(true);
            reading.start();
            reader = reading;
        }

        private void read(Consumer<String> lines) {
            try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line = said.readLine(); line != null; line = said.readLine()) {
                    lines.accept(line);
                }
            } catch (IOException e) {
                // It has ended, which its exit code tells.
            }
        }

        /** Its process id. */
        public long pid() {
            return process.pid();
        }

        /** Writes a byte to its standard input: whatever it makes of that. */
        public void nudge() {
            try {
                process.getOutputStream().write('\n');
                process.getOutputStream().flush();
            } catch (IOException e) {
                // It has ended.
            }
        }

        /**
         * How it ended, all its lines told; empty while it works. To be asked now and then: it is ended here where it takes more than it may.
         *
         * @param wait for its end at most
         */
        public Optional<Ended> ended(Duration wait) throws InterruptedException {
            if (known == null) {
                String excess = null;
                if (!process.waitFor(wait.toMillis(), TimeUnit.MILLISECONDS)) {
                    peakMib = higher(peakMib, peakKib(process.pid()));
                    excess = excess(peakMib, seconds(started));
                    if (excess == null) {
                        return Optional.empty();
                    }
                    kill();
                }
                if (reader != null) {
                    reader.join();
                }
                int exit = process.exitValue();
                known = new Ended(
                        seconds(started), peakMib, exit, excess == null ? crash(exit) : excess, excess != null);
            }
            return Optional.of(known);
        }

        /** Ends it as it is. */
        private void kill() {
            process.destroyForcibly();
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

        /** Nudges it, and ends it as it is where it goes on for some seconds all the same. */
        @Override
        public void close() {
            nudge();
            try {
                boolean unused = process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            kill();
        }
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

    private @Nullable String crash(int exit) {
        if (exit == 0) {
            return null;
        }
        // A process that a signal ended has 128 and its number as exit code.
        String signal = exit > 128 && exit < 160 ? " (signal " + (exit - 128) + ")" : "";
        return "crashed: exit code " + exit + signal + lastWords();
    }

    /** What a library or the JVM said last, in one line. */
    private String lastWords() {
        try (Stream<String> lines = Files.lines(folder.resolve(OUTPUT))) {
            return lines.map(String::strip)
                    .filter(line -> line.length() > 1)
                    .filter(line -> line.contains("SIG") || line.contains("rror") || line.contains("emory"))
                    .findFirst()
                    .map(line -> ": " + line.substring(0, Math.min(200, line.length())))
                    .orElse("");
        } catch (IOException | UncheckedIOException e) {
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

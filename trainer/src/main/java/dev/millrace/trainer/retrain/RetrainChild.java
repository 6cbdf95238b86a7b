package dev.millrace.trainer.retrain;

import dev.millrace.worker.model.CpuPin;
import dev.millrace.worker.rehearsal.BoundedProcess;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The process of a run as its parent sees it: a JVM of its own that yields to everything else, in the CPUs, the memory and the time that the
 * spec allows. Memory is bounded as that of a {@link BoundedProcess}: by the kernel on Linux, elsewhere only the Java heap. It ends with its
 * parent, however that ends; whenever it has ended, a new one goes on.
 *
 * <p>Belongs to the thread that started it. One thread of its own reads what the process says.
 */
public final class RetrainChild implements AutoCloseable {
    private static final boolean LINUX = Files.isReadable(Path.of("/proc/self/status"));
    /** What a JVM and PyTorch ask for and never touch: the kernel counts it, the resident memory does not. */
    private static final int UNTOUCHED_MIB = 512;

    private static final int LEAST_HEAP_MIB = 256;
    private static final String LOG = "child.log";
    private static final int STOP_SECONDS = 15;
    private static final Duration POLL = Duration.ofMillis(100);

    /** When memory runs out all the same, this process is to go and not its parent; when a CPU does, it is to wait. */
    private static final String SHELL =
            "echo 1000 2>/dev/null >/proc/self/oom_score_adj; ulimit -d \"$0\"; exec nice -n 10 \"$@\"";

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

    private final RetrainRun run;
    private final Process process;
    private final Thread reader;
    private final long started = System.nanoTime();
    private @Nullable Ended known;
    private volatile @Nullable Ended last;

    private RetrainChild(RetrainRun run, Process process, Consumer<Progress> view) {
        this.run = run;
        this.process = process;
        this.reader = new Thread(() -> read(view), "retrain-output");
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * Starts the process of a run that is not over.
     *
     * @param view told of every line but the last one, on a thread of its own
     * @throws IOException when no process can be started
     * @throws IllegalArgumentException when there are no such CPUs
     */
    public static RetrainChild start(RetrainRun run, Consumer<Progress> view) throws IOException {
        Path folder = run.folder().toAbsolutePath();
        Files.createDirectories(folder.resolve(RetrainMain.TEMP));
        ProcessBuilder builder = new ProcessBuilder(command(run.spec().limits(), folder))
                .redirectError(
                        ProcessBuilder.Redirect.appendTo(folder.resolve(LOG).toFile()));
        builder.environment().keySet().retainAll(PASSED_ON);
        return new RetrainChild(run, startOn(run.spec().limits(), builder), view);
    }

    /** A process has the CPUs of the thread that starts it, and so have all its threads, those that PyTorch makes too. */
    @SuppressWarnings("try")
    private static Process startOn(RetrainSpec.Limits limits, ProcessBuilder builder) throws IOException {
        try (CpuPin pin = CpuPin.to(limits.mask())) {
            return builder.start();
        }
    }

    private static List<String> command(RetrainSpec.Limits limits, Path folder) {
        List<String> command = new ArrayList<>();
        if (LINUX) {
            command.addAll(
                    List.of("/bin/sh", "-c", SHELL, String.valueOf((limits.memoryMib() + UNTOUCHED_MIB) * 1024L)));
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-Xmx" + Math.max(LEAST_HEAP_MIB, limits.memoryMib() / 3) + "m",
                "-Xshare:auto",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve("crash.log"),
                "-Djava.io.tmpdir=" + folder.resolve(RetrainMain.TEMP),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                        .map(entry -> Path.of(entry).toAbsolutePath().toString())
                        .collect(Collectors.joining(File.pathSeparator)),
                RetrainMain.class.getName(),
                folder.toString()));
        return command;
    }

    private void read(Consumer<Progress> view) {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Optional<Progress> told = Progress.of(line);
                if (told.isPresent() && told.get() instanceof Progress.End end) {
                    last = end.ended();
                } else {
                    told.ifPresent(view);
                }
            }
        } catch (IOException e) {
            // It has ended without a last line, which says enough.
        }
    }

    /** Its process id. */
    public long pid() {
        return process.pid();
    }

    /** Tells it to stop at the next checkpoint. */
    public void stop() {
        try {
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
        } catch (IOException e) {
            // It has ended.
        }
    }

    /**
     * How it ended; empty while it works. To be asked now and then: it is ended here where it takes more memory or time than it may, and the
     * run with it.
     *
     * @throws IOException when the end cannot be put on the run's record
     */
    public Optional<Ended> ended() throws IOException, InterruptedException {
        if (known == null) {
            String excess = process.isAlive() ? excess() : null;
            if (excess != null) {
                known = over(excess);
            } else if (!process.isAlive()) {
                known = asItSays();
            }
            if (known != null) {
                leave();
            }
        }
        return Optional.ofNullable(known);
    }

    /** Waits for its end. */
    public Ended await() throws IOException, InterruptedException {
        Optional<Ended> end = ended();
        while (end.isEmpty()) {
            boolean unused = process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS);
            end = ended();
        }
        return end.get();
    }

    private Ended over(String reason) throws IOException, InterruptedException {
        process.destroyForcibly();
        process.waitFor();
        RetrainRun now = RetrainRun.open(run.folder()).failed(reason);
        return new Ended(Ended.How.FAILED, now.failure().orElse(reason));
    }

    private Ended asItSays() throws IOException, InterruptedException {
        reader.join();
        Ended said = last;
        if (said != null) {
            return said;
        }
        int exit = process.exitValue();
        // A process that a signal ended has 128 and its number as exit code.
        String signal = exit > 128 && exit < 160 ? " (signal " + (exit - 128) + ")" : "";
        return new Ended(Ended.How.CRASHED, "crashed: exit code " + exit + signal + lastWords());
    }

    /** What a library or the JVM said last, in one line. */
    private String lastWords() throws IOException {
        try (Stream<String> lines = Files.lines(run.folder().resolve(LOG))) {
            return lines.map(String::strip)
                    .filter(line -> line.contains("SIG") || line.contains("rror") || line.contains("emory"))
                    .reduce((before, after) -> after)
                    .map(line -> ": " + line.substring(0, Math.min(200, line.length())))
                    .orElse("");
        } catch (UncheckedIOException e) {
            return "";
        }
    }

    private @Nullable String excess() {
        RetrainSpec.Limits limits = run.spec().limits();
        if ((System.nanoTime() - started) / 60e9 > limits.minutes()) {
            return "stopped: no end after %s minutes (limits.minutes)".formatted(limits.minutes());
        }
        if (residentMib() > limits.memoryMib()) {
            return "stopped: it took more than %,d MiB of memory (limits.memory_mib)".formatted(limits.memoryMib());
        }
        return null;
    }

    /** Most resident memory so far; 0 where the system does not say, or the process has just gone. */
    private long residentMib() {
        if (!LINUX) {
            return 0;
        }
        try (Stream<String> lines = Files.lines(Path.of("/proc", String.valueOf(process.pid()), "status"))) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElse(0);
        } catch (IOException | UncheckedIOException e) {
            return 0;
        }
    }

    /** What it had for itself. */
    private void leave() {
        try {
            Path temp = run.folder().resolve(RetrainMain.TEMP);
            if (Files.exists(temp)) {
                BoundedProcess.delete(temp);
            }
        } catch (IOException e) {
            // It goes with the run.
        }
    }

    /** Ends it, if it works: at its next checkpoint, or after some seconds without one. The run can go on. */
    @Override
    public void close() {
        stop();
        boolean interrupted = false;
        try {
            boolean unused = process.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        process.destroyForcibly();
        while (process.isAlive()) {
            try {
                process.waitFor();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        leave();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

package dev.millrace.broker;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** How a {@link BrokerProcess} is started. One thread; each setter returns this. */
public final class BrokerLaunch {

    private static final Duration READY_LIMIT = Duration.ofSeconds(90);
    private static final long POLL_MILLIS = 20;
    private static final int LAST_LINES = 20;

    private int port;
    private @Nullable Path data;
    private @Nullable Path log;
    private String classPath = System.getProperty("java.class.path");
    private final Map<String, String> settings = new TreeMap<>();
    private List<String> jvmArgs = List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    BrokerLaunch() {}

    /** The port on 127.0.0.1; 0, the default, takes a free one. */
    public BrokerLaunch port(int port) {
        this.port = port;
        return this;
    }

    /** A directory to create or to open again; by default a temporary one, deleted when the process is closed. */
    public BrokerLaunch data(Path directory) {
        this.data = directory;
        return this;
    }

    /** The file for the broker's output; by default {@code broker.log} in the data directory. */
    public BrokerLaunch log(Path file) {
        this.log = file;
        return this;
    }

    /** Any setting of a Kafka broker; wins over the ones that are chosen for a quick start and little memory. */
    public BrokerLaunch set(String key, String value) {
        settings.put(key, value);
        return this;
    }

    /** A class path that holds this module and what it needs. */
    public BrokerLaunch classPath(String classPath) {
        this.classPath = classPath;
        return this;
    }

    /** Replaces the JVM's arguments, which are chosen for a quick start and little memory. */
    public BrokerLaunch jvmArgs(List<String> args) {
        this.jvmArgs = List.copyOf(args);
        return this;
    }

    /**
     * Starts the child and waits until it serves clients.
     *
     * @throws BrokerException with the last lines of its log, if it ends before that or takes longer than 90 s
     */
    public BrokerProcess start() {
        DataDirectory directory = DataDirectory.open(data);
        Path logFile = log == null ? directory.path().resolve("broker.log") : log;
        Process process = null;
        try {
            process = spawn(directory.path(), logFile);
            ReadyLine ready = awaitReady(process, logFile);
            return new BrokerProcess(process, ready.bootstrapServers(), directory, logFile);
        } catch (RuntimeException e) {
            if (process != null) {
                process.destroyForcibly().onExit().join();
            }
            directory.close();
            throw e;
        }
    }

    private Process spawn(Path directory, Path logFile) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmArgs);
        command.addAll(List.of("-cp", classPath, BrokerMain.class.getName(), BrokerCommand.SUPERVISED));
        command.addAll(List.of("--port", Integer.toString(port), "--data", directory.toString()));
        settings.forEach((key, value) -> command.addAll(List.of("--set", key + "=" + value)));
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(logFile.toFile())
                    .start();
        } catch (IOException e) {
            throw new BrokerException("cannot start the broker's JVM: " + e.getMessage(), e);
        }
    }

    private static ReadyLine awaitReady(Process process, Path logFile) {
        LogTail tail = new LogTail(logFile);
        long deadline = System.nanoTime() + READY_LIMIT.toNanos();
        while (System.nanoTime() < deadline) {
            boolean ended = ended(process);
            Optional<ReadyLine> ready = tail.lastLines(LAST_LINES).stream()
                    .flatMap(line -> ReadyLine.parse(line).stream())
                    .findFirst();
            if (ended) {
                throw failure("Kafka ended with status " + process.exitValue() + " before it was ready", tail);
            }
            if (ready.isPresent()) {
                return ready.get();
            }
        }
        throw failure("Kafka was not ready within " + READY_LIMIT.toSeconds() + " s", tail);
    }

    private static boolean ended(Process process) {
        try {
            return process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokerException("interrupted while waiting for Kafka", e);
        }
    }

    private static BrokerException failure(String what, LogTail tail) {
        return new BrokerException(what + ":\n  " + String.join("\n  ", tail.lastLines(LAST_LINES)));
    }
}

package dev.millrace.broker;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A Kafka broker in a child JVM. It stops when it is told to, and also when this JVM dies: it watches the pipe that this
 * process holds as its standard input. Safe to use from several threads.
 */
public final class BrokerProcess implements AutoCloseable {

    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    private final Process process;
    private final String bootstrapServers;
    private final DataDirectory data;
    private final Path log;

    BrokerProcess(Process process, String bootstrapServers, DataDirectory data, Path log) {
        this.process = process;
        this.bootstrapServers = bootstrapServers;
        this.data = data;
        this.log = log;
    }

    /** A launch with a free port, a temporary data directory and this JVM's own class path, until told otherwise. */
    public static BrokerLaunch launch() {
        return new BrokerLaunch();
    }

    /** The address for clients, {@code 127.0.0.1:port}. */
    public String bootstrapServers() {
        return bootstrapServers;
    }

    /** Where the broker keeps its records; a temporary directory is gone once this is closed. */
    public Path data() {
        return data.path();
    }

    /** What the broker wrote to its standard output and error. */
    public Path log() {
        return log;
    }

    /** The child itself, for a caller that supervises it or sends it signals. */
    public ProcessHandle handle() {
        return process.toHandle();
    }

    /** The exit status once the child has ended. */
    public Optional<Integer> exitCode() {
        return process.isAlive() ? Optional.empty() : Optional.of(process.exitValue());
    }

    /**
     * Stops the broker in order, by force after 20 s, and returns its exit status: 0 after an orderly stop. Does nothing
     * to a broker that has ended.
     */
    public int stop() {
        try {
            // The end of its input asks for the orderly stop on every system; Windows has no SIGTERM to send.
            process.getOutputStream().close();
        } catch (IOException e) {
            process.destroy();
        }
        if (!ended(STOP_LIMIT)) {
            return kill();
        }
        return process.exitValue();
    }

    /** Ends the broker at once, as SIGKILL does, and returns its exit status. Its data stay as they are. */
    public int kill() {
        process.destroyForcibly();
        if (!ended(STOP_LIMIT)) {
            throw new BrokerException("Kafka, process " + process.pid() + ", does not end even when killed");
        }
        return process.exitValue();
    }

    private boolean ended(Duration limit) {
        try {
            return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
            return !process.isAlive();
        }
    }

    /** Stops the broker if it still runs, and deletes a temporary data directory. */
    @Override
    public void close() {
        try {
            stop();
        } finally {
            data.close();
        }
    }
}

package dev.millrace.bench.faults.child;

import dev.millrace.broker.BrokerLaunch;
import dev.millrace.broker.BrokerProcess;
import java.nio.file.Path;
import java.util.Map;

/**
 * The broker of a test bed: one port and one data directory for all of its lives, and timeouts short enough to wait for.
 * One thread.
 */
public final class BrokerChild implements AutoCloseable {
    /**
     * A dead member is missed after three seconds, an open transaction or a record that a dead member holds is free
     * again a few seconds later.
     */
    private static final Map<String, String> SHORT_TIMEOUTS = Map.of(
            // A broker that was killed may register again only once its former life has been missed.
            "broker.session.timeout.ms", "2000",
            "broker.heartbeat.interval.ms", "500",
            "group.consumer.session.timeout.ms", "3000",
            "group.consumer.heartbeat.interval.ms", "500",
            "group.share.session.timeout.ms", "3000",
            "group.share.heartbeat.interval.ms", "200",
            "group.share.record.lock.duration.ms", "3000",
            "group.share.delivery.count.limit", "10",
            "transaction.abort.timed.out.transaction.cleanup.interval.ms", "500");

    private final int port;
    private final Path data;
    private final Path log;
    private BrokerProcess process;
    private int lives;

    /**
     * Starts it and waits until it answers.
     *
     * @param port on 127.0.0.1; clients are told {@code localhost:port}, so that each host's resolver decides which way
     *     they go
     * @param data where its records live
     * @param log where each life writes its output, with the number of the life added
     */
    public BrokerChild(int port, Path data, Path log) {
        this.port = port;
        this.data = data;
        this.log = log;
        this.process = launch();
    }

    private BrokerProcess launch() {
        lives++;
        BrokerLaunch launch = BrokerProcess.launch()
                .port(port)
                .data(data)
                .log(log.resolveSibling(log.getFileName() + "-" + lives + ".log"))
                .set("advertised.listeners", "PLAINTEXT://localhost:" + port);
        SHORT_TIMEOUTS.forEach(launch::set);
        return launch.start();
    }

    /** The address for clients that are not behind a proxy. */
    public String bootstrapServers() {
        return "localhost:" + port;
    }

    /** Process id of its present life. */
    public long pid() {
        return process.handle().pid();
    }

    /** SIGKILL. */
    public void kill() {
        process.kill();
    }

    /** Stops it in order. */
    public void stop() {
        process.stop();
    }

    /** Where its records live. */
    public Path data() {
        return data;
    }

    /** Starts it again where it was, after {@link #kill}, {@link #stop} or its own end. */
    public void restart() {
        process.close();
        process = launch();
    }

    /** SIGSTOP. */
    public void freeze() {
        Signals.stop(process.handle());
    }

    /** SIGCONT. */
    public void thaw() {
        Signals.resume(process.handle());
    }

    /** Whether its process is there. */
    public boolean isAlive() {
        return process.exitCode().isEmpty();
    }

    @Override
    public void close() {
        process.kill();
        process.close();
    }
}

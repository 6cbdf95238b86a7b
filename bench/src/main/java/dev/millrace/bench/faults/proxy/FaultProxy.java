package dev.millrace.bench.faults.proxy;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A TCP proxy between one client host and one server whose line can be spoilt while it runs. Its commands may come from
 * any thread and have been carried out when they return; everything else happens on one event loop.
 */
public final class FaultProxy implements AutoCloseable {
    private static final long COMMAND_PATIENCE_S = 10;

    private final Vertx vertx;
    private final Context loop;
    private final String host;
    private final int port;
    private final int targetPort;
    private final Pace toServer;
    private final Pace toClient;
    private final NetClient client;
    private final NetServer server;
    private final List<Pipe> pipes = new ArrayList<>();
    private boolean refusing;

    private FaultProxy(Vertx vertx, String host, int port, int targetPort, long seed) {
        this.vertx = vertx;
        this.loop = vertx.getOrCreateContext();
        this.host = host;
        this.port = port;
        this.targetPort = targetPort;
        Random random = new Random(seed);
        this.toServer = new Pace(random);
        this.toClient = new Pace(random);
        this.client = vertx.createNetClient();
        // Linger 0: what is cut is reset, as a host that has lost its connections resets them.
        this.server = vertx.createNetServer(new NetServerOptions().setSoLinger(0));
    }

    /**
     * Starts a proxy whose line is clear.
     *
     * @param vertx has one event loop; stays the caller's to close
     * @param host address to listen on
     * @param port port to listen on
     * @param targetPort where the connections go, on 127.0.0.1
     * @param seed of the jitter
     * @throws IllegalStateException when the address cannot be bound
     */
    public static FaultProxy start(Vertx vertx, String host, int port, int targetPort, long seed) {
        FaultProxy proxy = new FaultProxy(vertx, host, port, targetPort, seed);
        proxy.listen();
        return proxy;
    }

    private void listen() {
        server.connectHandler(this::accept);
        try {
            server.listen(port, host).await(COMMAND_PATIENCE_S, TimeUnit.SECONDS);
        } catch (TimeoutException | RuntimeException e) {
            throw new IllegalStateException("proxy: cannot listen on " + host + ":" + port + ": " + e.getMessage(), e);
        }
    }

    /** The port it listens on. */
    public int port() {
        return server.actualPort();
    }

    private void accept(NetSocket accepted) {
        accepted.pause();
        if (refusing) {
            accepted.close();
            return;
        }
        client.connect(targetPort, "127.0.0.1")
                .onSuccess(connected -> join(accepted, connected))
                .onFailure(failure -> accepted.close());
    }

    private void join(NetSocket accepted, NetSocket connected) {
        connected.pause();
        // A reset is followed by the close that the pipes wait for.
        accepted.exceptionHandler(reset -> {});
        connected.exceptionHandler(reset -> {});
        pipes.removeIf(Pipe::over);
        for (Pipe pipe : List.of(
                new Pipe(vertx, toServer, accepted, connected), new Pipe(vertx, toClient, connected, accepted))) {
            pipes.add(pipe);
            pipe.open();
        }
    }

    /** Spoils or clears either direction; connections stay. */
    public void lines(Line newToServer, Line newToClient) {
        command(() -> {
            toServer.line(newToServer);
            toClient.line(newToClient);
            pipes.forEach(Pipe::paceChanged);
        });
    }

    /** Resets every connection; new ones are welcome. */
    public void reset() {
        command(this::cutAll);
    }

    /** Resets every connection, and each new one, until {@link #restore}. */
    public void cut() {
        command(() -> {
            refusing = true;
            cutAll();
        });
    }

    /** Back to a clear line. */
    public void restore() {
        command(() -> refusing = false);
        lines(Line.CLEAR, Line.CLEAR);
    }

    private void cutAll() {
        List.copyOf(pipes).forEach(Pipe::cut);
        pipes.clear();
    }

    private void command(Runnable action) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.runOnContext(now -> {
            try {
                action.run();
                done.complete(null);
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        try {
            done.get(COMMAND_PATIENCE_S, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("proxy: interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("proxy: command failed: " + e, e);
        }
    }

    /** Stops listening and ends every connection. */
    @Override
    public void close() {
        command(this::cutAll);
        try {
            server.close().await(COMMAND_PATIENCE_S, TimeUnit.SECONDS);
            client.close().await(COMMAND_PATIENCE_S, TimeUnit.SECONDS);
        } catch (TimeoutException | RuntimeException e) {
            throw new IllegalStateException("proxy: does not close: " + e.getMessage(), e);
        }
    }
}

package dev.millrace.trainer.service;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A trainer's roles, each on a thread of its own, and its event stream. Started and ended by one thread. */
public final class TrainerService implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;
    private static final int LONGEST_TURN_HOURS = 6;

    private final Vertx vertx;
    private final EventStream events;
    private final CompletableFuture<Throwable> broken = new CompletableFuture<>();

    /** Starts nothing yet. */
    public TrainerService() {
        vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        events = new EventStream(vertx);
    }

    /** To tell what happens. */
    public EventStream events() {
        return events;
    }

    /**
     * Serves the event stream.
     *
     * @param port 0: a free one
     * @return the port
     * @throws IOException when the port is in use
     */
    public int listen(String host, int port) throws IOException, InterruptedException {
        return await(events.listen(host, port), "HTTP on %s:%d".formatted(host, port))
                .actualPort();
    }

    /** Begins with these. Each is closed with this. */
    public void start(List<Role> roles) throws IOException, InterruptedException {
        for (Role role : roles) {
            String unused = await(
                    vertx.deployVerticle(
                            new RoleVerticle(role, broken::complete),
                            new DeploymentOptions()
                                    .setThreadingModel(ThreadingModel.WORKER)
                                    .setWorkerPoolName("role-" + role.getClass().getSimpleName())
                                    .setWorkerPoolSize(1)
                                    .setMaxWorkerExecuteTime(LONGEST_TURN_HOURS)
                                    .setMaxWorkerExecuteTimeUnit(TimeUnit.HOURS)),
                    "role");
        }
    }

    /** Completed with what a role threw that it should not. */
    public CompletableFuture<Throwable> broken() {
        return broken;
    }

    private static <T> T await(Future<T> future, String what) throws IOException, InterruptedException {
        try {
            return future.toCompletionStage().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
            throw new IOException(what + ": " + cause.getMessage(), cause);
        } catch (TimeoutException e) {
            throw new IOException(what + ": no answer in " + PATIENCE_SECONDS + " s", e);
        }
    }

    /** Ends the roles between two turns, and the stream. */
    @Override
    public void close() {
        try {
            Void unused = await(vertx.close(), "end");
        } catch (IOException e) {
            throw new IllegalStateException(e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package dev.millrace.trainer.service;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.util.function.Consumer;

/**
 * Runs a role on a worker thread of its own: each turn posts the next one. A turn that throws ends the role, and is told. What happens
 * between turns, such as its end, needs no lock.
 */
final class RoleVerticle extends VerticleBase {
    private static final long FIRST_WAIT_MILLIS = 500;
    private static final long LONGEST_WAIT_MILLIS = 15_000;

    private final Role role;
    private final Consumer<Throwable> broken;
    private long wait = FIRST_WAIT_MILLIS;
    private boolean stopping;

    /** @param broken told when the role has thrown what it should not; any thread */
    RoleVerticle(Role role, Consumer<Throwable> broken) {
        this.role = role;
        this.broken = broken;
    }

    @Override
    public Future<?> start() {
        next();
        return Future.succeededFuture();
    }

    private void next() {
        context.runOnContext(unused -> turn());
    }

    private void turn() {
        if (stopping) {
            return;
        }
        try {
            if (role.turn()) {
                wait = FIRST_WAIT_MILLIS;
                next();
            } else {
                long timer = vertx.setTimer(wait, unused -> turn());
                assert timer >= 0;
                wait = Math.min(LONGEST_WAIT_MILLIS, 2 * wait);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            broken.accept(e);
        }
    }

    @Override
    public Future<?> stop() {
        stopping = true;
        Promise<Void> stopped = Promise.promise();
        try {
            role.close();
            stopped.complete();
        } catch (RuntimeException e) {
            stopped.fail(e);
        }
        return stopped.future();
    }
}

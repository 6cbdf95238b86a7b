package dev.millrace.bench.faults.proxy;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/** One direction of one connection: bytes wait here until their time has come. Event loop only. */
final class Pipe {
    private static final int HELD_LIMIT = 256 * 1024;

    private final Vertx vertx;
    private final Pace pace;
    private final NetSocket from;
    private final NetSocket to;
    private final Deque<Chunk> held = new ArrayDeque<>();
    private int heldBytes;
    private long lastDueNanos = Long.MIN_VALUE;
    private boolean ended;
    private boolean timerSet;

    private record Chunk(Buffer bytes, long dueNanos) {}

    Pipe(Vertx vertx, Pace pace, NetSocket from, NetSocket to) {
        this.vertx = vertx;
        this.pace = pace;
        this.from = from;
        this.to = to;
    }

    /** Begins to pass bytes on; the source is paused until now. */
    void open() {
        from.handler(this::hold);
        from.closeHandler(closed -> {
            ended = true;
            passOn();
        });
        paceChanged();
    }

    /** Acts on a new line. */
    void paceChanged() {
        if (pace.blackHole() || heldBytes > HELD_LIMIT) {
            from.pause();
        } else {
            from.resume();
        }
        passOn();
    }

    private void hold(Buffer bytes) {
        lastDueNanos = Math.max(lastDueNanos, pace.dueNanos(bytes.length(), System.nanoTime()));
        held.add(new Chunk(bytes, lastDueNanos));
        heldBytes += bytes.length();
        if (heldBytes > HELD_LIMIT) {
            from.pause();
        }
        passOn();
    }

    private void passOn() {
        if (pace.blackHole()) {
            // Not even the end of a connection may show on the other side.
            return;
        }
        boolean wasFull = heldBytes > HELD_LIMIT;
        long now = System.nanoTime();
        while (!held.isEmpty() && held.peek().dueNanos() <= now) {
            if (to.writeQueueFull()) {
                to.drainHandler(drained -> passOn());
                return;
            }
            Chunk next = held.remove();
            heldBytes -= next.bytes().length();
            to.write(next.bytes());
        }
        if (wasFull && heldBytes <= HELD_LIMIT) {
            from.resume();
        }
        if (!held.isEmpty()) {
            wakeAt(held.peek().dueNanos() - now);
        } else if (ended) {
            to.close();
        }
    }

    private void wakeAt(long nanos) {
        if (!timerSet) {
            timerSet = true;
            vertx.setTimer(Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos)), fired -> {
                timerSet = false;
                passOn();
            });
        }
    }

    /** Ends both sides now. */
    void cut() {
        from.close();
        to.close();
    }

    boolean over() {
        return ended && held.isEmpty();
    }
}

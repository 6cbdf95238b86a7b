package dev.millrace.bench.faults.proxy;

import java.util.Random;

/** When the bytes of one direction may pass on, over all connections of a proxy. Event loop only. */
final class Pace {
    private final Random random;
    private Line line = Line.CLEAR;
    private long freeNanos;

    Pace(Random random) {
        this.random = random;
    }

    void line(Line newLine) {
        line = newLine;
        freeNanos = 0;
    }

    boolean blackHole() {
        return line.blackHole();
    }

    /** The moment at which {@code bytes} that came {@code nowNanos} have passed; moments of one connection never go back. */
    long dueNanos(int bytes, long nowNanos) {
        long start = Math.max(nowNanos, freeNanos);
        long passing = line.bytesPerSecond() == 0 ? 0 : bytes * 1_000_000_000L / line.bytesPerSecond();
        freeNanos = start + passing;
        long jitter = line.jitter().toNanos();
        long sway = jitter == 0 ? 0 : random.nextLong(-jitter, jitter + 1);
        return freeNanos + line.latency().toNanos() + sway;
    }
}

package dev.millrace.bench.peers;

import dev.millrace.bench.bed.FilledTopic;
import dev.millrace.bench.bed.OpenLoop.Arrivals;
import dev.millrace.bench.bed.OpenLoop.Outcome;
import dev.millrace.bench.peers.PeerProcess.Drained;
import dev.millrace.schemas.ImageRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/**
 * What a contestant does before it is timed, so that compilers have seen its work, and are done with it: where others use the CPUs
 * that they may run on, they need minutes, which every figure taken meanwhile pays for. Immutable.
 */
final class WarmUp {
    private static final long FIRST_RECORDS = 64;
    /** Times {@link #least}, after which nobody waits for a contestant to rest. */
    private static final int MOST = 6;
    /** Part of the CPU time for an image that a window has to save, to count as better than the best before. */
    private static final double BETTER = 0.03;
    /** Windows that are not better, after which none is expected to be. */
    private static final int PATIENCE = 2;
    /** Part of a CPU that somebody who waits for requests uses, at most. */
    private static final double IDLE = 0.1;

    private static final Duration GLANCE = Duration.ofMillis(500);

    private final Duration least;
    private final Duration window;
    private final long seed;

    /** As the plan says: at least so long, in its windows. */
    WarmUp(PeersPlan plan) {
        least = plan.warmUp();
        window = plan.window();
        seed = plan.seed();
    }

    /**
     * Lets it answer full topics until an image does not get cheaper.
     *
     * @return images a second, the last time
     */
    double full(PeerProcess peer, List<ImageRequest> images) throws IOException, InterruptedException {
        Drained last = peer.drain(images, FIRST_RECORDS);
        Rest rest = new Rest();
        do {
            last = peer.drain(images, records(last.perSecond()));
            leaveAlone(peer);
        } while (rest.isAwaited(last.cpuSeconds() / last.images()));
        return last.perSecond();
    }

    /** How many records last a window at that rate: at least a few. */
    long records(double perSecond) {
        return FilledTopic.records(perSecond, window, FIRST_RECORDS);
    }

    /**
     * Sends single requests until one does not get cheaper: a full topic has shown compilers full batches only, and what they take
     * from the CPU is seen in every time.
     */
    void single(PeerProcess peer, Arrivals arrivals, double perSecond) throws IOException, InterruptedException {
        // Of its own: how often it draws depends on the machine, and the rounds must not.
        Random seeds = new Random(seed);
        Rest rest = new Rest();
        double cpuSeconds;
        do {
            Duration before = peer.cpu();
            Outcome outcome = peer.load(arrivals, perSecond, window.multipliedBy(2), seeds.nextLong());
            cpuSeconds = peer.cpu().minus(before).toNanos()
                    / 1e9
                    / outcome.passages().size();
            leaveAlone(peer);
        } while (rest.isAwaited(cpuSeconds));
    }

    /**
     * Until nobody uses CPUs without requests: nothing is left to compile, not for the broker and the bench either, which answer and
     * ask it on the same CPUs. For at most {@link #least}.
     */
    private void leaveAlone(PeerProcess peer) throws IOException, InterruptedException {
        long start = System.nanoTime();
        double used = Double.POSITIVE_INFINITY;
        while (used > IDLE * GLANCE.toNanos() && System.nanoTime() - start < least.toNanos()) {
            Duration before = peer.cpuOfAll();
            Thread.sleep(GLANCE.toMillis());
            used = peer.cpuOfAll().minus(before).toNanos();
        }
    }

    /** Whether a contestant has come to rest. For one kind of work. */
    private final class Rest {
        private final long start = System.nanoTime();
        private double best = Double.POSITIVE_INFINITY;
        private int windowsSince;

        /** Whether it is worth another window, after one in which an image took so many CPU seconds. */
        boolean isAwaited(double cpuSeconds) {
            windowsSince++;
            if (cpuSeconds < best * (1 - BETTER)) {
                best = cpuSeconds;
                windowsSince = 0;
            }
            long passed = System.nanoTime() - start;
            return passed < least.toNanos() || (windowsSince < PATIENCE && passed < MOST * least.toNanos());
        }
    }
}

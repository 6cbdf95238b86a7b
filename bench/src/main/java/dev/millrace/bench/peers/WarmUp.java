package dev.millrace.bench.peers;

import dev.millrace.bench.bed.FilledTopic;
import dev.millrace.bench.bed.OpenLoop.Arrivals;
import dev.millrace.bench.bed.OpenLoop.Outcome;
import dev.millrace.schemas.ImageRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/** What a contestant does before it is timed, so that compilers have seen its work. Immutable. */
final class WarmUp {
    private static final long FIRST_RECORDS = 64;
    /** Times {@link #least}, after which nobody waits for a contestant to rest. */
    private static final int MOST = 6;
    /** Difference in CPU time for an image. */
    private static final double RESTING = 0.03;

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
     * Lets it answer full topics.
     *
     * @return images a second, the last time
     */
    double full(PeerProcess peer, List<ImageRequest> images) throws IOException, InterruptedException {
        long end = System.nanoTime() + least.toNanos();
        double rate = peer.drain(images, FIRST_RECORDS).perSecond();
        do {
            rate = peer.drain(images, records(rate)).perSecond();
        } while (System.nanoTime() < end);
        return rate;
    }

    /** How many records last a window at that rate: at least a few. */
    long records(double perSecond) {
        return FilledTopic.records(perSecond, window, FIRST_RECORDS);
    }

    /**
     * Sends single requests until one costs as much as before: a full topic has shown compilers full batches only, and what they take
     * from the CPU is seen in every time.
     */
    void single(PeerProcess peer, Arrivals arrivals, double perSecond) throws IOException, InterruptedException {
        long start = System.nanoTime();
        // Of its own: how often it draws depends on the machine, and the rounds must not.
        Random seeds = new Random(seed);
        double before = Double.POSITIVE_INFINITY;
        boolean rests = false;
        while (System.nanoTime() - start < least.toNanos()
                || (!rests && System.nanoTime() - start < MOST * least.toNanos())) {
            long used = peer.cpu().toNanos();
            Outcome outcome = peer.load(arrivals, perSecond, window.multipliedBy(2), seeds.nextLong());
            double now =
                    (double) (peer.cpu().toNanos() - used) / outcome.passages().size();
            rests = Math.abs(now - before) <= RESTING * before;
            before = now;
        }
    }
}

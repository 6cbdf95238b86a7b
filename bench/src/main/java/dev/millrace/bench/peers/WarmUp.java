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

/** What a contestant does before it is timed, so that compilers have seen its work, and are done with it. Immutable. */
final class WarmUp {
    private static final long FIRST_RECORDS = 64;
    /** Times {@link #least}, after which nobody waits for a contestant to rest. */
    private static final int MOST = 6;
    /** Part of the CPU time for an image that a window has to save, to count as better than the best before. */
    private static final double BETTER = 0.03;
    /** Windows that are not better, after which none is expected to be. */
    private static final int PATIENCE = 2;

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
            peer.awaitQuiet(least);
        } while (rest.isAwaited(last.cpuSeconds() / last.images(), last.images() / last.perSecond()));
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
        Duration load = window.multipliedBy(2);
        do {
            Duration before = peer.cpu();
            Outcome outcome = peer.load(arrivals, perSecond, load, seeds.nextLong());
            cpuSeconds = seconds(peer.cpu().minus(before)) / outcome.passages().size();
            peer.awaitQuiet(least);
        } while (rest.isAwaited(cpuSeconds, seconds(load)));
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    /** Whether a contestant has come to rest. For one kind of work. */
    private final class Rest {
        private double worked;
        private double best = Double.POSITIVE_INFINITY;
        private int windowsSince;

        /**
         * Whether it is worth another window.
         *
         * @param cpuSeconds of an image in the last one
         * @param seconds that it had requests in the last one
         */
        boolean isAwaited(double cpuSeconds, double seconds) {
            worked += seconds;
            windowsSince++;
            if (cpuSeconds < best * (1 - BETTER)) {
                best = cpuSeconds;
                windowsSince = 0;
            }
            return worked < seconds(least) || (windowsSince < PATIENCE && worked < MOST * seconds(least));
        }
    }
}

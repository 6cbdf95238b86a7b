package dev.millrace.bench.peers;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What {@code bench peers} measures.
 *
 * @param peers who is compared
 * @param programs the folder of their programs
 * @param model as elsewhere
 * @param precisions int8, fp32 or both
 * @param cpus of each contestant; it has as many inference threads
 * @param percent of the fair contestant's capacity: the load of the times
 * @param rounds in each, the contestants come in another order
 * @param window how long each figure of a round is taken
 * @param warmUp how long a contestant answers before the first round
 * @param seed of the orders and of the arrivals
 */
record PeersPlan(
        List<Peer> peers,
        Path programs,
        String model,
        List<String> precisions,
        int cpus,
        int percent,
        int rounds,
        Duration window,
        Duration warmUp,
        long seed) {
    PeersPlan {
        peers = List.copyOf(peers);
        precisions = List.copyOf(precisions);
    }
}

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
 * @param threads of each contestant that run the model
 * @param percent of the fair contestant's capacity: the load of the times
 * @param rounds in each, the contestants come in another order
 * @param window how long each figure of a round is taken
 * @param warmUp how long a contestant answers before the first round
 * @param settings of the worker, as its {@code --set} takes them
 * @param seed of the orders and of the arrivals
 */
record PeersPlan(
        List<Peer> peers,
        Path programs,
        String model,
        List<String> precisions,
        int threads,
        int percent,
        int rounds,
        Duration window,
        Duration warmUp,
        List<String> settings,
        long seed) {
    PeersPlan {
        peers = List.copyOf(peers);
        precisions = List.copyOf(precisions);
        settings = List.copyOf(settings);
    }
}

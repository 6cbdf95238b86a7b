package dev.millrace.bench.faults.rig;

import dev.millrace.bench.faults.history.Event.AtRest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** Questions to the broker about its topics and transactions. Any thread. */
final class Cluster {
    private static final long STEP_MS = 50;

    private final Admin admin;

    Cluster(Admin admin) {
        this.admin = admin;
    }

    /** The next offset of each partition, as a reader of that isolation sees it. */
    Map<TopicPartition, Long> ends(Collection<TopicPartition> partitions, IsolationLevel isolation)
            throws InterruptedException, ExecutionException {
        Map<TopicPartition, OffsetSpec> latest =
                partitions.stream().collect(Collectors.toMap(Function.identity(), partition -> OffsetSpec.latest()));
        Map<TopicPartition, Long> ends = new HashMap<>();
        admin.listOffsets(latest, new ListOffsetsOptions(isolation))
                .all()
                .get()
                .forEach((partition, end) -> ends.put(partition, end.offset()));
        return ends;
    }

    /**
     * Waits until nothing is open any more.
     *
     * @return what is still open after {@code limit}; best: nothing. Its time is 0
     */
    AtRest awaitRest(Collection<TopicPartition> partitions, Duration limit)
            throws InterruptedException, ExecutionException {
        long deadline = System.nanoTime() + limit.toNanos();
        AtRest now = rest(partitions);
        while (!(now.unstable().isEmpty() && now.ongoing().isEmpty()) && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(STEP_MS);
            now = rest(partitions);
        }
        return now;
    }

    private AtRest rest(Collection<TopicPartition> partitions) throws InterruptedException, ExecutionException {
        Map<TopicPartition, Long> stable = ends(partitions, IsolationLevel.READ_COMMITTED);
        Map<TopicPartition, Long> high = ends(partitions, IsolationLevel.READ_UNCOMMITTED);
        List<String> unstable = new ArrayList<>();
        high.forEach((partition, end) -> {
            long last = stable.getOrDefault(partition, -1L);
            if (last < end) {
                unstable.add(partition + ": " + last + " of " + end);
            }
        });
        return new AtRest(0, unstable, ongoing());
    }

    /** The transactional ids that have a transaction open. */
    List<String> ongoing() throws InterruptedException, ExecutionException {
        return admin
                .listTransactions(new ListTransactionsOptions()
                        .filterStates(EnumSet.of(
                                TransactionState.ONGOING,
                                TransactionState.PREPARE_COMMIT,
                                TransactionState.PREPARE_ABORT)))
                .all()
                .get()
                .stream()
                .map(TransactionListing::transactionalId)
                .toList();
    }
}

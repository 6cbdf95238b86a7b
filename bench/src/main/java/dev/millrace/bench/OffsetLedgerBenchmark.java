package dev.millrace.bench;

import dev.millrace.worker.intake.OffsetLedger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What it costs a record that nothing before it is passed over, with a thousand of its partition in flight. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class OffsetLedgerBenchmark {
    private static final int IN_FLIGHT = 1_000;

    /** In which order the broker acknowledges what is in flight. */
    public enum Order {
        /** As one partition of the results topic does. */
        TAKEN,
        /** As many partitions at their worst do. */
        RANDOM
    }

    /** See there. */
    @Param
    public Order acknowledged = Order.TAKEN;

    private final TopicPartition partition = new TopicPartition("requests", 0);
    private final OffsetLedger ledger = new OffsetLedger();
    private final Deque<Long> queue = new ArrayDeque<>();
    private int[] order = {};
    private long next;

    /** Fills both with what is in flight. */
    @Setup(Level.Trial)
    public void prepare() {
        List<Integer> all =
                new ArrayList<>(IntStream.range(0, IN_FLIGHT).boxed().toList());
        if (acknowledged == Order.RANDOM) {
            Collections.shuffle(all, new Random(1));
        }
        order = all.stream().mapToInt(Integer::intValue).toArray();
        ledger.meet(partition, 0, null);
        for (; next < IN_FLIGHT; next++) {
            ledger.take(partition, next);
            queue.add(next);
        }
    }

    /** The baseline: no more than a queue, which knows only one order. */
    @Benchmark
    @OperationsPerInvocation(IN_FLIGHT)
    public long queue() {
        long sum = 0;
        for (int i = 0; i < IN_FLIGHT; i++) {
            queue.add(next + i);
            sum += queue.remove();
        }
        return sum;
    }

    /** A record is taken, and an earlier one acknowledged. */
    @Benchmark
    @OperationsPerInvocation(IN_FLIGHT)
    public long takeAndAcknowledge() {
        long first = next - IN_FLIGHT;
        for (int i = 0; i < IN_FLIGHT; i++) {
            ledger.take(partition, next++);
            ledger.acknowledge(partition, first + order[i]);
        }
        return ledger.position(partition);
    }
}

package dev.millrace.schemas.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.ThreadMXBean;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Feeds a decoder damaged input for {@code -Dmillrace.fuzz.seconds} (default 2): one half from a fixed seed, one half from
 * a fresh one, which the test prints. What a decoder throws, how much it allocates for one input, how long one takes, and
 * what it keeps of all of them is bounded.
 */
public final class Fuzzing {
    /** Takes one input; anything it throws is a finding, so it catches what the decoder declares. */
    public interface Target {
        void accept(byte[] input) throws Exception;
    }

    private static final long FIXED_SEED = 20_261_123;
    private static final long KEPT_BYTES = 8 << 20;
    private static final Duration SLOWEST = Duration.ofSeconds(5);
    private static final Duration SETTLING = Duration.ofSeconds(10);
    private static final int WARM_UP = 1_000;

    private final String name;
    private final List<byte[]> sound;
    private final long allocationLimit;
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private boolean warm;
    private long inputs;
    private long mostAllocated;
    private long slowestNanos;

    /**
     * Prepares a run.
     *
     * @param name of the decoder, for messages
     * @param sound inputs it reads
     * @param allocationLimit most bytes that it may allocate for one input
     */
    public Fuzzing(String name, List<byte[]> sound, long allocationLimit) {
        this.name = name;
        this.sound = List.copyOf(sound);
        this.allocationLimit = allocationLimit;
    }

    /** Runs on this thread, and fails with the seed and the input of the first finding. */
    public void run(Target target) {
        Duration half =
                Duration.ofSeconds(Long.getLong("millrace.fuzz.seconds", 2)).dividedBy(2);
        Mutations warmUp = new Mutations(1, sound);
        for (int i = 0; i < WARM_UP; i++) {
            feed(target, warmUp.next(), "warm-up, input " + i);
        }
        // The first inputs also load classes, which is not theirs to pay for.
        warm = true;
        long heapBefore = heap();
        long directBefore = direct();
        run(target, FIXED_SEED, half);
        long fresh = System.nanoTime();
        run(target, fresh, half);
        System.out.printf(
                "fuzz %s: %,d inputs, seeds %d and %d, most allocated %,d bytes, slowest %.1f ms%n",
                name, inputs, FIXED_SEED, fresh, mostAllocated, slowestNanos / 1e6);
        // Cleaners and reference queues may lag behind a collection.
        await().atMost(SETTLING).untilAsserted(() -> {
            assertThat(heap() - heapBefore)
                    .as("%s: heap kept after %d inputs", name, inputs)
                    .isLessThan(KEPT_BYTES);
            assertThat(direct() - directBefore)
                    .as("%s: direct memory kept after %d inputs", name, inputs)
                    .isLessThan(KEPT_BYTES);
        });
    }

    private void run(Target target, long seed, Duration time) {
        Mutations mutations = new Mutations(seed, sound);
        long end = System.nanoTime() + time.toNanos();
        for (long round = 0; System.nanoTime() - end < 0; round++) {
            feed(target, mutations.next(), "seed " + seed + ", input " + round);
            inputs++;
        }
    }

    private void feed(Target target, byte[] input, String which) {
        long allocatedBefore = threads.getCurrentThreadAllocatedBytes();
        long start = System.nanoTime();
        try {
            target.accept(input);
        } catch (Exception | Error e) {
            throw finding(which, input, e.toString(), e);
        }
        long nanos = System.nanoTime() - start;
        long allocated = threads.getCurrentThreadAllocatedBytes() - allocatedBefore;
        if (!warm) {
            return;
        }
        mostAllocated = Math.max(mostAllocated, allocated);
        slowestNanos = Math.max(slowestNanos, nanos);
        if (allocated > allocationLimit) {
            throw finding(
                    which, input, "allocated: " + allocated + " (expected: at most " + allocationLimit + ")", null);
        }
        if (nanos > SLOWEST.toNanos()) {
            throw finding(which, input, "took: " + nanos + " ns (expected: at most " + SLOWEST + ")", null);
        }
    }

    private AssertionError finding(String which, byte[] input, String what, @Nullable Throwable cause) {
        return new AssertionError(
                name + ": " + what + "; " + which + ": " + HexFormat.of().formatHex(input), cause);
    }

    private static long heap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static long direct() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }
}

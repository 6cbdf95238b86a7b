package dev.millrace.bench.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.bench.bed.ProcessUsage;
import dev.millrace.bench.bed.ProcessUsage.ThreadUsage;
import dev.millrace.bench.limit.LimitReport.Share;
import java.util.List;
import org.junit.jupiter.api.Test;

class ThreadSharesTest {
    @Test
    void sumsThreadsUpByWhatTheyAreFor() {
        ProcessUsage before = new ProcessUsage(1_000_000, List.of(new ThreadUsage("lane-0-0", 100_000, 10)));
        ProcessUsage after = new ProcessUsage(
                11_000_000,
                List.of(
                        new ThreadUsage("lane-0-0", 1_100_000, 110),
                        new ThreadUsage("lane-1-0", 2_000_000, 300),
                        new ThreadUsage("consumer_background_thread", 500_000, 40),
                        new ThreadUsage("kafka-producer-network-thread | worker-results-0", 250_000, 30),
                        new ThreadUsage("rollout", 250_000, 20)));

        assertThat(ThreadShares.between(before, after, 100))
                .containsExactly(
                        new Share("lane", 3.0, 4.0),
                        new Share("consumer thread", 0.5, 0.4),
                        new Share("producer thread", 0.25, 0.3),
                        new Share("other threads", 0.25, 0.2),
                        new Share(ThreadShares.JVM, 6.0, 0));
    }
}

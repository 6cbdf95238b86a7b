package dev.millrace.trainer.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.trainer.service.WatermarkAlignment.Progress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class WatermarkAlignmentTest {
    private static final long LEAD = WatermarkAlignment.MOST_AHEAD.toMillis();
    private static final TopicPartition RESULTS = new TopicPartition("results", 0);
    private static final TopicPartition FEEDBACK = new TopicPartition("feedback", 0);
    private static final TopicPartition MORE_FEEDBACK = new TopicPartition("feedback", 1);

    @Test
    void letsFeedbackWaitThatIsAheadOfResults() {
        Map<TopicPartition, Progress> partitions = Map.of(
                RESULTS, new Progress(10_000, true),
                FEEDBACK, new Progress(10_000 + LEAD, true),
                MORE_FEEDBACK, new Progress(10_001 + LEAD, true));

        assertThat(WatermarkAlignment.ahead(partitions)).containsExactly(MORE_FEEDBACK);
    }

    @Test
    void letsResultsWaitThatAreAheadOfFeedback() {
        Map<TopicPartition, Progress> partitions =
                Map.of(RESULTS, new Progress(600_000, true), FEEDBACK, new Progress(0, true));

        assertThat(WatermarkAlignment.ahead(partitions)).containsExactly(RESULTS);
    }

    @Test
    void letsNobodyWaitForAPartitionThatIsReadToItsEnd() {
        Map<TopicPartition, Progress> partitions =
                Map.of(RESULTS, new Progress(0, false), FEEDBACK, new Progress(600_000, true));

        assertThat(WatermarkAlignment.ahead(partitions)).isEmpty();
    }

    @Test
    void letsAPartitionThatIsReadToItsEndWaitWhereItIsAhead() {
        Map<TopicPartition, Progress> partitions =
                Map.of(RESULTS, new Progress(0, true), FEEDBACK, new Progress(600_000, false));

        assertThat(WatermarkAlignment.ahead(partitions)).containsExactly(FEEDBACK);
    }

    @Test
    void letsNobodyWaitWhereAllIsRead() {
        Map<TopicPartition, Progress> partitions =
                Map.of(RESULTS, new Progress(0, false), FEEDBACK, new Progress(600_000, false));

        assertThat(WatermarkAlignment.ahead(partitions)).isEmpty();
        assertThat(WatermarkAlignment.ahead(Map.of())).isEmpty();
    }

    /** What is left of a partition, and the time of what was last read. */
    private static final class Unread {
        private final TopicPartition partition;
        private final Deque<Long> times = new ArrayDeque<>();
        private long watermark;

        Unread(TopicPartition partition) {
            this.partition = partition;
        }

        boolean isBehind() {
            return !times.isEmpty();
        }

        void read(int records) {
            for (int i = 0; i < records && isBehind(); i++) {
                watermark = times.remove();
            }
        }
    }

    /** Partitions of different lengths, read a few records at a time in any order, as a poll may give them. */
    @Test
    void readsAllOfEveryPartitionAndNoneFarAheadOfTheOthers() {
        Random random = new Random(3);
        int atOnce = 5;
        int longestPause = 400;
        int latestStart = 5_000;
        List<Unread> all = new ArrayList<>();
        for (TopicPartition partition : List.of(RESULTS, FEEDBACK, MORE_FEEDBACK)) {
            Unread unread = new Unread(partition);
            long time = random.nextInt(latestStart);
            while (time < 100_000) {
                unread.times.add(time);
                time += 1 + random.nextInt(longestPause);
            }
            all.add(unread);
        }
        while (all.stream().anyMatch(Unread::isBehind)) {
            Map<TopicPartition, Progress> progress = new HashMap<>();
            all.forEach(unread -> progress.put(unread.partition, new Progress(unread.watermark, unread.isBehind())));
            Set<TopicPartition> ahead = WatermarkAlignment.ahead(progress);
            List<Unread> readable = all.stream()
                    .filter(unread -> unread.isBehind() && !ahead.contains(unread.partition))
                    .toList();
            assertThat(readable).isNotEmpty();
            Unread next = readable.get(random.nextInt(readable.size()));
            next.read(atOnce);

            long most = LEAD + latestStart + (long) atOnce * longestPause;
            assertThat(all).filteredOn(Unread::isBehind).allSatisfy(slow -> assertThat(next.watermark - slow.watermark)
                    .isLessThanOrEqualTo(most));
        }
    }
}

package dev.millrace.trainer.service;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * Which partitions are to wait, so that all are read about in the order of their records' times, though there is more of one than of
 * another. Who joins records of several of them then has no more to remember after a restart than if they were read as they came. The same
 * is known of stream processors under this name.
 */
final class WatermarkAlignment {
    /** Short beside what is remembered, long beside what one poll brings. */
    static final Duration MOST_AHEAD = Duration.ofSeconds(1);

    private WatermarkAlignment() {}

    /**
     * How far a partition is read.
     *
     * @param watermark the time of the last record that was read of it, or from which on it is read; in milliseconds since 1970
     * @param behind whether it is not read to its end
     */
    record Progress(long watermark, boolean behind) {}

    /**
     * Those that are ahead of the slowest one that is behind. One that is read to its end holds nobody up, but waits, too, where what comes
     * next is ahead. So there is always one that does not wait, as long as one is behind.
     */
    static Set<TopicPartition> ahead(Map<TopicPartition, Progress> partitions) {
        Set<TopicPartition> ahead = new HashSet<>();
        slowest(partitions.values())
                .ifPresent(slowest -> partitions.forEach((partition, progress) -> {
                    if (progress.watermark() - slowest > MOST_AHEAD.toMillis()) {
                        ahead.add(partition);
                    }
                }));
        return ahead;
    }

    private static OptionalLong slowest(Collection<Progress> partitions) {
        return partitions.stream()
                .filter(Progress::behind)
                .mapToLong(Progress::watermark)
                .min();
    }
}

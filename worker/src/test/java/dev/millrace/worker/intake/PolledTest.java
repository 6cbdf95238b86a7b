package dev.millrace.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class PolledTest {
    private static final long NOW = 1_000_000_000L;

    private final Polled<String> polled = new Polled<>();

    @Test
    void givesOutWhatOnePollBroughtInSlicesAndInOrder() {
        brought(0, 0, 10);

        assertThat(next(4)).containsExactly(0L, 1L, 2L, 3L);
        assertThat(next(4)).containsExactly(4L, 5L, 6L, 7L);
        assertThat(next(4)).containsExactly(8L, 9L);
        assertThat(polled.isEmpty()).isTrue();
        assertThat(next(4)).isEmpty();
    }

    @Test
    void isCrowdedWhileMoreIsToComeOfAPollThatBroughtMuch() {
        brought(0, 0, 10);
        assertThat(polled.crowded()).isFalse();
        next(10);

        brought(0, 10, 256);
        next(255);
        assertThat(polled.crowded()).isTrue();
        next(1);
        assertThat(polled.crowded()).isFalse();

        brought(0, 266, 10);
        assertThat(polled.crowded()).isFalse();
    }

    @Test
    void remainsCrowdedThroughAPollForTheGroupsSake() {
        brought(0, 0, 256);
        next(8);

        polled.polled(NOW + 1);

        assertThat(polled.crowded()).isTrue();
    }

    @Test
    void isStaleOnceTheGroupHasWaitedForAPoll() {
        brought(0, 0, 1);

        assertThat(polled.stale(NOW + Duration.ofMillis(249).toNanos())).isFalse();
        assertThat(polled.stale(NOW + Duration.ofMillis(250).toNanos())).isTrue();
    }

    @Test
    void saysFromWhereEachPartitionMustBeReadAgain() {
        brought(0, 5, 3);
        brought(1, 7, 2);
        next(1);

        assertThat(polled.putBack()).isEqualTo(Map.of(partition(0), 6L, partition(1), 7L));
        assertThat(polled.isEmpty()).isTrue();
    }

    @Test
    void countsWhatIsStillToBeTakenOfAPartition() {
        brought(0, 5, 3);
        brought(1, 7, 2);
        next(1);

        assertThat(polled.waiting(partition(0))).isEqualTo(2);
        assertThat(polled.waiting(partition(1))).isEqualTo(2);
        assertThat(polled.waiting(partition(2))).isZero();
    }

    @Test
    void dropsOnlyThePartitionsThatAreGone() {
        brought(0, 5, 2);
        brought(1, 7, 2);

        polled.drop(List.of(partition(0)));

        assertThat(next(9)).containsExactly(7L, 8L);
    }

    private void brought(int partition, long first, int records) {
        polled.polled(NOW);
        for (long offset = first; offset < first + records; offset++) {
            polled.add(new ConsumerRecord<>("requests", partition, offset, new byte[0], ""));
        }
    }

    private List<Long> next(int most) {
        List<Long> offsets = new ArrayList<>();
        polled.next(most, record -> offsets.add(record.offset()));
        return offsets;
    }

    private static TopicPartition partition(int partition) {
        return new TopicPartition("requests", partition);
    }
}

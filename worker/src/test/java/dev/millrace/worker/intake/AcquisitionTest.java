package dev.millrace.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class AcquisitionTest {
    private static final Duration LOCK = Duration.ofSeconds(30);
    private static final Optional<Long> FAST = Optional.of(1_000L);

    @Test
    void handsOutOneRecordWhileNobodyKnowsHowLongItTakes() {
        Acquisition<String> acquisition = of(List.of(record(0, 1), record(1, 1)));

        assertThat(offsets(acquisition.next(Optional.empty()))).containsExactly(0L);
        assertThat(acquisition.size()).isEqualTo(1);
    }

    @Test
    void handsOutWhatFitsAThirdOfTheLock() {
        Acquisition<String> acquisition = of(List.of(record(0, 1), record(1, 1), record(2, 1), record(3, 1)));

        assertThat(offsets(acquisition.next(Optional.of(Duration.ofSeconds(4).toNanos()))))
                .containsExactly(0L, 1L);
        assertThat(offsets(acquisition.next(Optional.of(Duration.ofSeconds(60).toNanos()))))
                .as("at least one, however long it takes")
                .containsExactly(2L);
        assertThat(offsets(acquisition.next(FAST))).containsExactly(3L);
        assertThat(acquisition.isEmpty()).isTrue();
        assertThat(acquisition.next(FAST)).isEmpty();
    }

    @Test
    void handsRedeliveredRecordsOutAloneAndLast() {
        Acquisition<String> acquisition = of(List.of(record(4, 2), record(5, 1), record(6, 2), record(7, 1)));

        assertThat(offsets(acquisition.next(FAST))).containsExactly(5L, 7L);
        assertThat(acquisition.nextIsSuspect()).isTrue();
        assertThat(offsets(acquisition.next(FAST))).containsExactly(4L);
        assertThat(offsets(acquisition.next(FAST))).containsExactly(6L);
    }

    @Test
    void givesWhatWasPutBackOutFirst() {
        Acquisition<String> acquisition = of(List.of(record(0, 1), record(1, 1), record(2, 2), record(3, 2)));
        List<ConsumerRecord<byte[], String>> fresh = acquisition.next(Optional.empty());
        acquisition.putBack(fresh);
        assertThat(offsets(acquisition.next(FAST))).containsExactly(0L, 1L);

        List<ConsumerRecord<byte[], String>> suspect = acquisition.next(FAST);
        acquisition.putBack(suspect);
        assertThat(offsets(acquisition.next(FAST))).containsExactly(2L);
        assertThat(offsets(acquisition.takeAll())).containsExactly(3L);
        assertThat(acquisition.isEmpty()).isTrue();
    }

    @Test
    void mustBeRenewedAfterAThirdOfTheLockAndIsLostAfterAllOfIt() {
        Acquisition<String> acquisition = new Acquisition<>(List.of(record(0, 1)), 1_000, LOCK, Set.of());

        assertThat(acquisition.renewalDue(1_000 + Duration.ofMillis(9_999).toNanos()))
                .isFalse();
        assertThat(acquisition.renewalDue(1_000 + Duration.ofSeconds(10).toNanos()))
                .isTrue();
        assertThat(acquisition.expired(1_000 + Duration.ofSeconds(29).toNanos()))
                .isFalse();
        assertThat(acquisition.expired(1_000 + Duration.ofSeconds(30).toNanos()))
                .isTrue();
    }

    @Test
    void knowsWhetherARecordCameWithOthersThatWereDeliveredAsOften() {
        Acquisition<String> acquisition = of(List.of(record(0, 5), record(1, 4), record(2, 4), record(3, 1)));

        assertThat(acquisition.inCompany(record(0, 5))).isFalse();
        assertThat(acquisition.inCompany(record(1, 4))).isTrue();

        Acquisition<String> renewed = new Acquisition<>(List.of(record(2, 4)), 0, LOCK, acquisition.company());
        assertThat(renewed.inCompany(record(2, 4)))
                .as("came in company, and is renewed alone")
                .isTrue();
    }

    @Test
    void leavesOnlyTheRecordsThatEndLanesAndThoseBetweenThemAfterTwoLoneCrashes() {
        // All were in flight when the first lane ended; a lane that meets a killer takes the rest down with it.
        assertThat(leftAfterTwoCrashes(8, List.of(3L))).containsExactly(3L);
        assertThat(leftAfterTwoCrashes(8, List.of(0L))).containsExactly(0L);
        assertThat(leftAfterTwoCrashes(8, List.of(7L))).containsExactly(7L);
        assertThat(leftAfterTwoCrashes(8, List.of(2L, 5L))).containsExactly(2L, 3L, 4L, 5L);
    }

    private static List<Long> leftAfterTwoCrashes(int records, List<Long> killers) {
        Map<Long, Integer> left = new TreeMap<>();
        IntStream.range(0, records).forEach(offset -> left.put((long) offset, 1));
        for (int crash = 0; crash < 2; crash++) {
            left.replaceAll((offset, count) -> count + 1);
            List<ConsumerRecord<byte[], String>> delivered = new ArrayList<>();
            left.forEach((offset, count) -> delivered.add(record(offset, count)));
            Acquisition<String> acquisition = new Acquisition<>(delivered, 0, LOCK, Set.of());
            while (!acquisition.isEmpty()) {
                long offset = acquisition.next(FAST).get(0).offset();
                if (killers.contains(offset)) {
                    break;
                }
                left.remove(offset);
            }
        }
        return List.copyOf(left.keySet());
    }

    private static Acquisition<String> of(List<ConsumerRecord<byte[], String>> records) {
        return new Acquisition<>(records, System.nanoTime(), LOCK, Set.of());
    }

    private static List<Long> offsets(List<ConsumerRecord<byte[], String>> records) {
        return records.stream().map(ConsumerRecord::offset).toList();
    }

    private static ConsumerRecord<byte[], String> record(long offset, int deliveries) {
        return new ConsumerRecord<>(
                "requests",
                0,
                offset,
                0,
                TimestampType.CREATE_TIME,
                0,
                0,
                new byte[0],
                "",
                new RecordHeaders(),
                Optional.empty(),
                Optional.of((short) deliveries));
    }
}

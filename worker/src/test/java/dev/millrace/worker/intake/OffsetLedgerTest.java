package dev.millrace.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OffsetLedgerTest {
    private static final TopicPartition ZERO = new TopicPartition("requests", 0);
    private static final TopicPartition ONE = new TopicPartition("requests", 1);

    private final OffsetLedger ledger = new OffsetLedger();
    private long next = 3;

    @BeforeEach
    void meetBoth() {
        open(ZERO, 3, null);
        open(ONE, 3, null);
    }

    @Test
    void offersAPositionOnlyOnceItHasMoved() {
        ledger.take(ZERO, 3);
        assertThat(ledger.committable()).isEmpty();

        ledger.acknowledge(ZERO, 3);
        assertThat(offsets(ledger.committable())).isEqualTo(Map.of(ZERO, 4L));

        ledger.committed(ledger.committable());
        assertThat(ledger.committable()).isEmpty();
    }

    @Test
    void offersAgainWhatWasNotCommitted() {
        ledger.take(ZERO, 3);
        ledger.acknowledge(ZERO, 3);
        ledger.committable();

        assertThat(ledger.committable()).containsKey(ZERO);
    }

    @Test
    void keepsPartitionsApart() {
        ledger.take(ZERO, 3);
        ledger.take(ONE, 3);
        ledger.acknowledge(ONE, 3);

        assertThat(ledger.committable()).containsOnlyKeys(ONE);
        assertThat(ledger.outstanding()).isEqualTo(1);
    }

    @Test
    void forgetsAPartitionThatIsGoneAndIgnoresLateWordOfIt() {
        ledger.take(ZERO, 3);
        ledger.forget(List.of(ZERO));
        ledger.acknowledge(ZERO, 3);
        ledger.committed(Map.of(ZERO, new OffsetAndMetadata(4)));

        assertThat(ledger.committable()).isEmpty();
        assertThat(ledger.outstanding()).isZero();
    }

    @Test
    void rewindsToTheFirstRecordThatIsNotSettled() {
        for (long offset = 3; offset < 8; offset++) {
            ledger.take(ZERO, offset);
        }
        ledger.take(ONE, 9);
        ledger.acknowledge(ZERO, 3);
        ledger.acknowledge(ZERO, 5);
        ledger.acknowledge(ONE, 9);

        assertThat(ledger.rewind()).isEqualTo(Map.of(ZERO, 4L));

        assertThat(ledger.outstanding()).isZero();
        assertThat(offsets(ledger.committable())).isEqualTo(Map.of(ZERO, 4L, ONE, 10L));
        ledger.take(ZERO, 4);
        ledger.acknowledge(ZERO, 4);
        assertThat(offsets(ledger.committable())).containsEntry(ZERO, 5L);
    }

    @Test
    void marksAPartitionAsWorkedOnBeforeItsFirstRecordAndAsCleanWhenItIsGivenUp() {
        OffsetAndMetadata opening = ledger.meet(ZERO, 10, null);
        assertThat(opening.offset()).isEqualTo(10);
        assertThat(CommitMark.parse(opening.metadata())).isInstanceOf(CommitMark.Running.class);

        ledger.take(ZERO, 10);
        ledger.acknowledge(ZERO, 10);

        assertThat(ledger.closing(List.of(ZERO))).isEqualTo(Map.of(ZERO, new OffsetAndMetadata(11, "")));
    }

    @Test
    void suspectsWhatALaneThatEndedMayHaveTaken() {
        OffsetAndMetadata left = ledger.meet(ZERO, 10, null);
        CommitMark.Running running = (CommitMark.Running) CommitMark.parse(left.metadata());

        OffsetLedger next = new OffsetLedger();
        next.meet(ZERO, 10, left);

        assertThat(next.suspects(ZERO, 10)).isTrue();
        assertThat(next.suspects(ZERO, running.until() - 1)).isTrue();
        assertThat(next.suspects(ZERO, running.until())).isFalse();
    }

    @Test
    void countsHowOftenARecordWasAloneWhenItsLaneEnded() {
        OffsetAndMetadata left = ledger.meet(ZERO, 10, null);
        for (int crash = 0; crash < 3; crash++) {
            OffsetLedger next = new OffsetLedger();
            next.meet(ZERO, 10, left);
            assertThat(next.crashes(ZERO, 10)).isEqualTo(crash);
            assertThat(next.crashes(ZERO, 11)).isZero();
            left = next.trying(ZERO, 10);
        }
    }

    @Test
    void neitherForgetsNorCountsATryWhenAPartitionIsGivenUpInTheMiddleOfSuspects() {
        OffsetAndMetadata crashed = new OffsetAndMetadata(10, new CommitMark.Alone(2, 40).text());
        ledger.meet(ZERO, 10, crashed);

        OffsetAndMetadata givenUp = ledger.closing(List.of(ZERO)).get(ZERO);

        assertThat(givenUp).isEqualTo(crashed);
    }

    @Test
    void asksForAFurtherMarkBeforeALaneHasRunFarBeyondTheLast() {
        assertThat(ledger.outrunsMark()).isFalse();
        for (long offset = 3; offset < 3 + 1000; offset++) {
            ledger.take(ZERO, offset);
        }
        assertThat(ledger.outrunsMark()).isTrue();

        ledger.committed(ledger.committable());

        assertThat(ledger.outrunsMark()).isFalse();
    }

    @Test
    void marksFurtherAheadTheFasterALaneTakesAndNotWithoutBound() {
        List<Long> fast =
                IntStream.range(0, 8).mapToObj(commit -> marksAfter(2_000)).toList();
        List<Long> slow =
                IntStream.range(0, 400).mapToObj(commit -> marksAfter(1)).toList();

        assertThat(fast).startsWith(64L, 128L, 256L).endsWith(256L, 256L);
        assertThat(slow).isSortedAccordingTo(Comparator.reverseOrder()).endsWith(64L, 64L);
    }

    @Test
    void asksForNoFurtherMarkWhileOneThatCoversEnoughIsOnItsWay() {
        for (long offset = 3; offset < 103; offset++) {
            ledger.take(ZERO, offset);
        }
        Map<TopicPartition, OffsetAndMetadata> positions = ledger.committable();

        ledger.sent(positions);
        assertThat(ledger.outrunsMark()).isFalse();

        ledger.notCommitted(positions);
        assertThat(ledger.outrunsMark()).isTrue();
    }

    /** Takes and settles so many records, commits, and says how far that marks beyond them. */
    private long marksAfter(int records) {
        for (int i = 0; i < records; i++) {
            ledger.take(ZERO, next);
            ledger.acknowledge(ZERO, next++);
        }
        Map<TopicPartition, OffsetAndMetadata> positions = ledger.committable();
        ledger.committed(positions);
        OffsetAndMetadata position = Objects.requireNonNull(positions.get(ZERO));
        return ((CommitMark.Running) CommitMark.parse(position.metadata())).until() - next;
    }

    @Test
    void takesTheMetadataOfOtherApplicationsForClean() {
        ledger.meet(ZERO, 10, new OffsetAndMetadata(10, "their own words"));

        assertThat(ledger.suspects(ZERO, 10)).isFalse();
    }

    private void open(TopicPartition partition, long first, @Nullable OffsetAndMetadata found) {
        ledger.committed(Map.of(partition, ledger.meet(partition, first, found)));
    }

    private static Map<TopicPartition, Long> offsets(Map<TopicPartition, OffsetAndMetadata> positions) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        positions.forEach((partition, position) -> offsets.put(partition, position.offset()));
        return offsets;
    }
}

package dev.millrace.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class OffsetLedgerTest {
    private static final TopicPartition ZERO = new TopicPartition("requests", 0);
    private static final TopicPartition ONE = new TopicPartition("requests", 1);

    private final OffsetLedger ledger = new OffsetLedger();

    @Test
    void offersAPositionOnlyOnceItHasMoved() {
        ledger.take(ZERO, 3);
        assertThat(ledger.committable()).isEmpty();

        ledger.acknowledge(ZERO, 3);
        Map<TopicPartition, OffsetAndMetadata> positions = ledger.committable();
        assertThat(positions).isEqualTo(Map.of(ZERO, new OffsetAndMetadata(4)));

        ledger.committed(positions);
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
        assertThat(ledger.committable())
                .isEqualTo(Map.of(ZERO, new OffsetAndMetadata(4), ONE, new OffsetAndMetadata(10)));
        ledger.take(ZERO, 4);
        ledger.acknowledge(ZERO, 4);
        assertThat(ledger.committable()).containsEntry(ZERO, new OffsetAndMetadata(5));
    }

    @Test
    void takesARewoundPartitionFromItsCommitAgain() {
        ledger.take(ZERO, 3);
        ledger.take(ZERO, 4);
        ledger.forget(List.of(ZERO));

        ledger.take(ZERO, 3);
        ledger.acknowledge(ZERO, 3);

        assertThat(ledger.committable()).isEqualTo(Map.of(ZERO, new OffsetAndMetadata(4)));
    }
}

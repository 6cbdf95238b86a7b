package dev.millrace.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PartitionLedgerTest {
    private final PartitionLedger ledger = new PartitionLedger(5);

    @Test
    void standsStillWhileTheFirstTakenIsOpen() {
        take(5, 6, 7);
        ledger.acknowledge(6);
        ledger.acknowledge(7);

        assertThat(ledger.position()).isEqualTo(5);
        assertThat(ledger.outstanding()).isEqualTo(1);
    }

    @Test
    void passesEverythingSettledOnceTheFirstIs() {
        take(5, 6, 7, 8);
        ledger.acknowledge(6);
        ledger.acknowledge(7);
        ledger.acknowledge(5);

        assertThat(ledger.position()).isEqualTo(8);
        assertThat(ledger.outstanding()).isEqualTo(1);
    }

    @Test
    void stepsOverOffsetsThatWereNeverThere() {
        take(5, 9);
        ledger.acknowledge(5);
        ledger.acknowledge(9);

        assertThat(ledger.position()).isEqualTo(10);
    }

    @Test
    void ignoresStrangersAndRepeats() {
        take(5, 6);
        ledger.acknowledge(4);
        ledger.acknowledge(5);
        ledger.acknowledge(5);
        ledger.acknowledge(99);

        assertThat(ledger.position()).isEqualTo(6);
        assertThat(ledger.outstanding()).isEqualTo(1);
    }

    @Test
    void refusesAnOffsetThatGoesBack() {
        take(5);

        assertThatThrownBy(() -> ledger.take(5)).hasMessageContaining("offset: 5 (expected: above 5)");
    }

    @Test
    void neverPassesAnOpenOffsetWhateverTheOrderOfAcknowledgements() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            TreeSet<Long> open = new TreeSet<>();
            long next = random.nextInt(100);
            PartitionLedger under = new PartitionLedger(next);
            for (int step = 0; step < 500; step++) {
                if (open.isEmpty() || random.nextInt(100) < 52) {
                    under.take(next);
                    open.add(next);
                    next += 1 + (random.nextInt(10) == 0 ? random.nextInt(5) : 0);
                } else {
                    List<Long> candidates = new ArrayList<>(open);
                    Collections.shuffle(candidates, random);
                    open.remove(candidates.get(0));
                    under.acknowledge(candidates.get(0));
                }
                long lowestOpen = open.isEmpty() ? next : open.first();
                assertThat(under.position()).as("seed %d", seed).isLessThanOrEqualTo(lowestOpen);
                assertThat(under.outstanding()).as("seed %d", seed).isEqualTo(open.size());
            }
            List<Long> rest = new ArrayList<>(open);
            Collections.shuffle(rest, random);
            long last = next - 1;
            rest.forEach(under::acknowledge);
            assertThat(under.position())
                    .as("seed %d", seed)
                    .isGreaterThan(last - 5)
                    .isLessThanOrEqualTo(next);
        }
    }

    private void take(long... offsets) {
        for (long offset : offsets) {
            ledger.take(offset);
        }
    }
}

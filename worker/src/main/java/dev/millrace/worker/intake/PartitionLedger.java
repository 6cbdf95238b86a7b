package dev.millrace.worker.intake;

import java.util.Arrays;
import java.util.BitSet;
import java.util.OptionalLong;

/**
 * The ledger of one partition: the offsets taken and not yet passed by {@link #position}, ascending, each with a mark
 * once acknowledged. Lane thread only.
 */
final class PartitionLedger {
    /** Taken offsets from {@code head} (inclusive) to {@code tail} (exclusive); what was before head is settled. */
    private long[] taken = new long[64];

    private final BitSet acknowledged = new BitSet();
    private int head;
    private int tail;
    private long position;
    private long committed;
    private long frontier;

    /** A partition of which {@code first} is the first record. */
    PartitionLedger(long first) {
        position = first;
        committed = first;
        frontier = first;
    }

    void take(long offset) {
        if (tail > head && offset <= taken[tail - 1]) {
            throw new IllegalArgumentException("offset: " + offset + " (expected: above " + taken[tail - 1] + ")");
        }
        if (tail == taken.length) {
            makeRoom();
        }
        taken[tail++] = offset;
        frontier = Math.max(frontier, offset + 1);
    }

    private void makeRoom() {
        int waiting = tail - head;
        long[] target = waiting > taken.length / 2 ? new long[taken.length * 2] : taken;
        System.arraycopy(taken, head, target, 0, waiting);
        BitSet marks = acknowledged.get(head, tail);
        acknowledged.clear();
        acknowledged.or(marks);
        taken = target;
        head = 0;
        tail = waiting;
    }

    void acknowledge(long offset) {
        int slot = Arrays.binarySearch(taken, head, tail, offset);
        if (slot < 0) {
            return;
        }
        acknowledged.set(slot);
        while (head < tail && acknowledged.get(head)) {
            acknowledged.clear(head);
            position = taken[head++] + 1;
        }
        if (head == tail) {
            head = 0;
            tail = 0;
        }
    }

    /** Begins again at {@code offset}, the committed one. */
    void restart(long offset) {
        rewind();
        position = offset;
        committed = offset;
    }

    /** Drops what is taken and not passed by {@link #position}; the first such offset, if there is one. */
    OptionalLong rewind() {
        OptionalLong first = head < tail ? OptionalLong.of(taken[head]) : OptionalLong.empty();
        acknowledged.clear();
        head = 0;
        tail = 0;
        return first;
    }

    /** The offset after the settled prefix. */
    long position() {
        return position;
    }

    /** The offset after the highest that was ever taken. */
    long frontier() {
        return frontier;
    }

    long committedPosition() {
        return committed;
    }

    void committed(long offset) {
        committed = Math.max(committed, offset);
    }

    int outstanding() {
        return tail - head - acknowledged.cardinality();
    }
}

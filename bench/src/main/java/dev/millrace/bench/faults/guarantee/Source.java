package dev.millrace.bench.faults.guarantee;

import java.util.Comparator;

/** A request's coordinates on the requests topic. */
record Source(int partition, long offset) implements Comparable<Source> {
    private static final Comparator<Source> ORDER =
            Comparator.comparingInt(Source::partition).thenComparingLong(Source::offset);

    @Override
    public int compareTo(Source other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return "request " + partition + "@" + offset;
    }
}

package dev.millrace.trainer.torch;

/** What the images of a batch show. Not to be changed any more. */
public final class Targets {
    final long[] labels;
    final long[] others;
    final double share;

    private Targets(long[] labels, long[] others, double share) {
        this.labels = labels;
        this.others = others;
        this.share = share;
    }

    /** One class each, by index. */
    public static Targets of(long[] labels) {
        return new Targets(labels, labels, 1);
    }

    /**
     * Two classes each: so much of every image shows one, the rest another.
     *
     * @param share of {@code labels} in the loss, 0 to 1; {@code others} have the rest
     */
    public static Targets mixed(long[] labels, long[] others, double share) {
        return new Targets(labels, others, share);
    }

    int size() {
        return labels.length;
    }

    boolean mixed() {
        return share < 1;
    }
}

package dev.millrace.trainer.torch;

import org.jspecify.annotations.Nullable;

/** What a network should answer to the images of a batch. Not to be changed any more. */
public final class Targets {
    final long[] labels;
    final long[] others;
    final double share;
    final @Nullable Lesson lesson;

    private Targets(long[] labels, long[] others, double share, @Nullable Lesson lesson) {
        this.labels = labels;
        this.others = others;
        this.share = share;
        this.lesson = lesson;
    }

    /**
     * What another network answers: "knowledge distillation" (Hinton, Vinyals and Dean 2015).
     *
     * @param logits of it, an image after the other
     * @param weight share of them in the loss, 0 to 1; the labels have the rest
     * @param temperature by which logits are divided before the softmax; above 1 the classes that are not the best count for more
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed over, and only read from then on.
    record Lesson(float[] logits, double weight, double temperature) {}

    /** One class each, by index. */
    public static Targets of(long[] labels) {
        return new Targets(labels, labels, 1, null);
    }

    /**
     * Two classes each: so much of every image shows one, the rest another.
     *
     * @param share of {@code labels} in the loss, 0 to 1; {@code others} have the rest
     */
    public static Targets mixed(long[] labels, long[] others, double share) {
        return new Targets(labels, others, share, null);
    }

    /**
     * The same, and the answers of a teacher.
     *
     * @param logits of the teacher, an image after the other
     * @param weight share of its answers in the loss, 0 to 1; the labels have the rest
     * @param temperature by which logits are divided before the softmax; above 1 the classes that are not the best count for more
     */
    public Targets taught(float[] logits, double weight, double temperature) {
        return new Targets(labels, others, share, new Lesson(logits, weight, temperature));
    }

    int size() {
        return labels.length;
    }

    boolean mixed() {
        return share < 1;
    }
}

package dev.millrace.trainer.fit;

/** Images of one step. Made by the loader thread, then belongs to whoever took it. */
final class Batch {
    final byte[] pixels;
    final long[] labels;

    /** HWC images one after the other, and the class index of each. */
    Batch(byte[] pixels, long[] labels) {
        this.pixels = pixels;
        this.labels = labels;
    }
}

package dev.millrace.trainer.fit;

import dev.millrace.trainer.torch.Targets;

/** Images of one step. Made by the loader thread, then belongs to whoever took it. */
final class Batch {
    final byte[] pixels;
    final Targets targets;

    /** HWC images one after the other, and what each shows. */
    Batch(byte[] pixels, Targets targets) {
        this.pixels = pixels;
        this.targets = targets;
    }
}

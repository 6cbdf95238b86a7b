package dev.millrace.trainer.export;

/** What a caller gives an exported model. */
public enum InputKind {
    /** The bytes of the image; the model normalises. */
    UINT8,
    /** Float32, {@code (pixel - mean) x scale}: the caller normalises, and the metadata has both numbers. */
    FLOAT
}

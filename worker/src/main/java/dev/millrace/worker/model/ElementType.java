package dev.millrace.worker.model;

/** Element type of a model's input tensor. */
public enum ElementType {
    /** Pixels go in as they are. */
    UINT8,
    /** Pixels go in as (pixel - mean) x scale. */
    FLOAT32
}

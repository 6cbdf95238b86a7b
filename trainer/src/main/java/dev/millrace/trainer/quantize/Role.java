package dev.millrace.trainer.quantize;

/** What the quantizer does with a node. */
enum Role {
    /** Has constant weights and runs on integers: Conv, Gemm, MatMul. */
    WEIGHTED,
    /** Runs on integers without weights, and its output needs a range of its own: Add, Concat, GlobalAveragePool. */
    JOINING,
    /** Moves or picks values without changing them, so that its output has its input's scale. */
    PASSING,
    /** Stays in float. */
    FLOAT
}

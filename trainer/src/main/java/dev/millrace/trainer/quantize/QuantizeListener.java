package dev.millrace.trainer.quantize;

/** Watches a quantization, which can take minutes. Called on its thread. */
public interface QuantizeListener {
    /** Tells nobody. */
    QuantizeListener NONE = new QuantizeListener() {};

    /** Before a part of the work, such as {@code calibrating}. */
    default void stage(String name) {}

    /** After the cost of one node was measured, one of so many. */
    default void measured(String node, int nodes) {}

    /** After a model with so many nodes in fp32 was compared. */
    default void tried(int kept, double drop) {}
}

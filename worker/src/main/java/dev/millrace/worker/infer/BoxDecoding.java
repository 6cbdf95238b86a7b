package dev.millrace.worker.infer;

/** How a detector codes boxes. Only those are decoded whose score reaches the threshold. */
@FunctionalInterface
interface BoxDecoding {

    /** The box at a place of its outputs, as the image has it that they were read of. */
    void decode(int place, Corners into);
}

package dev.millrace.trainer.judge;

import dev.millrace.schemas.InferenceResult;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** Which source records have had a result, so that each counts once. A bit for each. */
final class SourceRecords {
    private static final int BITS = 1 << 16;

    private final Map<Block, BitSet> blocks = new HashMap<>();

    private record Block(String topic, int partition, long number) {}

    /** Whether this is the first result of its source record. */
    boolean isFirst(InferenceResult result) {
        long offset = result.getSourceOffset();
        Block block =
                new Block(result.getSourceTopic(), result.getSourcePartition(), Math.floorDiv(offset, (long) BITS));
        BitSet seen = blocks.computeIfAbsent(block, unused -> new BitSet());
        int bit = Math.floorMod(offset, BITS);
        boolean first = !seen.get(bit);
        seen.set(bit);
        return first;
    }
}

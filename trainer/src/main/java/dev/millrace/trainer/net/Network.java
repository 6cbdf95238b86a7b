package dev.millrace.trainer.net;

import dev.millrace.trainer.dataset.ImageShape;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A classification network: operations in the order they run. The first reads {@link #INPUT}, normalised pixels [n, channels, height,
 * width]; the last makes the logits [n, classes].
 *
 * @param architecture the name under which {@link Architecture} builds it again
 */
public record Network(String architecture, ImageShape input, int classes, List<Op> ops) {
    /** Name of the tensor that the first operation reads. */
    public static final String INPUT = "input";

    /**
     * Checks the order and the names.
     *
     * @throws IllegalArgumentException when an operation reads what no earlier one makes, or two have one name
     */
    public Network {
        ops = List.copyOf(ops);
        Set<String> made = new HashSet<>(Set.of(INPUT));
        for (Op op : ops) {
            if (!made.containsAll(op.inputs())) {
                throw new IllegalArgumentException(
                        "%s: reads %s (expected: tensors made before it)".formatted(op.name(), op.inputs()));
            }
            if (!made.add(op.name())) {
                throw new IllegalArgumentException("operation name: %s (expected: unique)".formatted(op.name()));
            }
        }
    }

    /** The tensor that holds the logits. */
    public String output() {
        return ops.get(ops.size() - 1).name();
    }

    /** Every tensor of weights, in the order of the operations. */
    public List<WeightShape> weights() {
        return ops.stream().flatMap(op -> op.weights().stream()).toList();
    }

    /** The weights that belong to these classes: those of the last operation. The others make features that any classes could use. */
    public List<WeightShape> classifier() {
        return ops.get(ops.size() - 1).weights();
    }
}

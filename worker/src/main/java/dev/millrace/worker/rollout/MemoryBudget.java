package dev.millrace.worker.rollout;

import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import java.util.List;
import java.util.Locale;

/**
 * What the models of a worker may take. What a session takes cannot be known before it is there: counted is the size of the ONNX file for
 * every lane, each of which has a session of its own, and as much again, for the weights in the order in which kernels want them.
 *
 * @param bytes for all lanes; 0: no limit
 */
record MemoryBudget(long bytes, int lanes) {
    private static final int COPIES = 2;
    private static final double MIB = 1 << 20;

    /**
     * Checks that one more version fits beside those that are loaded.
     *
     * @throws ModelRefusedException when it does not; its message names them
     */
    void require(ModelSpec next, List<ModelSpec> loaded) throws ModelRefusedException {
        long taken = loaded.stream().mapToLong(this::needs).sum();
        if (bytes > 0 && needs(next) > bytes - taken) {
            throw new ModelRefusedException(
                    "memory: %s v%d needs %s beside the %s of %s (expected: at most %s in all, see millrace.models.memory)"
                            .formatted(
                                    next.name(),
                                    next.version(),
                                    mib(needs(next)),
                                    mib(taken),
                                    loaded.stream()
                                            .map(spec -> spec.name() + " v" + spec.version())
                                            .sorted()
                                            .toList(),
                                    mib(bytes)));
        }
    }

    private long needs(ModelSpec spec) {
        return spec.bytes() * COPIES * lanes;
    }

    private static String mib(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", bytes / MIB);
    }
}

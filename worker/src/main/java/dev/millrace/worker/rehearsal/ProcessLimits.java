package dev.millrace.worker.rehearsal;

/**
 * What ends a process that runs a model.
 *
 * @param memoryMib resident memory, all of it: the JVM takes some 150 of them
 * @param seconds from its start to its end
 */
public record ProcessLimits(long memoryMib, double seconds) {
    /** @throws IllegalArgumentException for a limit that nothing could keep */
    public ProcessLimits {
        if (memoryMib < 1) {
            throw new IllegalArgumentException("memoryMib: " + memoryMib + " (expected: at least 1)");
        }
        if (!(seconds > 0)) {
            throw new IllegalArgumentException("seconds: " + seconds + " (expected: above 0)");
        }
    }
}

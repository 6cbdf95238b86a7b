package dev.millrace.worker.rehearsal;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a model did in a process of its own.
 *
 * @param logits by image, in their order: every output, one after the other, all of them numbers; none where nobody asked
 * @param medianMs a run of one image
 * @param processorSeconds of all threads of the process, from its start to the last run; null where the system does not tell
 */
public record Performance(
        List<List<Float>> logits, double medianMs, @Nullable Double processorSeconds) {}

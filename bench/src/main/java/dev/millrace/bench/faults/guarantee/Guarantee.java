package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Verdict.Invariant;
import dev.millrace.worker.delivery.DeliveryMode;
import java.util.List;

/**
 * One thing that holds in every run, whatever breaks in it. Without state: what it says depends on the run alone. To add
 * one, write a class and name it in {@link Checker}.
 */
interface Guarantee {
    /** The name that reports use; several guarantees may share it. */
    Invariant invariant();

    /** Whether it is promised in this mode. */
    default boolean appliesTo(DeliveryMode mode) {
        return true;
    }

    /** Where the run breaks it, in a sentence each; empty where it holds. */
    List<String> violations(Run run);
}

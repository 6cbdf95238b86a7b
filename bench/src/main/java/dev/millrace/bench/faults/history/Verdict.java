package dev.millrace.bench.faults.history;

import java.util.ArrayList;
import java.util.List;

/**
 * What a run came to.
 *
 * @param requests requests that the broker acknowledged
 * @param lost of these, the ones without a terminal record
 * @param duplicated terminal records beyond the first of their source
 * @param recoveryMillis longest wait for a first answer after the last repair began; 0 where all had come before
 * @param violations what an invariant forbids, losses among them, in the order of the invariants
 */
public record Verdict(int requests, int lost, int duplicated, long recoveryMillis, List<Violation> violations) {
    /** Copies the list. */
    public Verdict {
        violations = List.copyOf(violations);
    }

    /** The same with one violation more. */
    public Verdict and(Violation violation) {
        List<Violation> more = new ArrayList<>(violations);
        more.add(violation);
        return new Verdict(requests, lost, duplicated, recoveryMillis, more);
    }

    /** Something that must not be. */
    public record Violation(Invariant invariant, String what) {
        @Override
        public String toString() {
            return invariant + ": " + what;
        }
    }

    /** The invariants by the names that reports use. */
    public enum Invariant {
        /** I1: every accepted request has a terminal record. */
        NOTHING_LOST,
        /** I2: no source has more terminal records than its mode and fault allow. */
        NO_FORBIDDEN_DUPLICATE,
        /** I3: every terminal record belongs to a request that was sent, and names its id. */
        NO_PHANTOM,
        /** I4: an offset has one value, whoever reads it and when. */
        ONE_VALUE_PER_OFFSET,
        /** I5: no offset is committed before everything below it has its terminal record. */
        COMMITS_FOLLOW_ANSWERS,
        /** I6: first answers of one partition come in the order of its requests. */
        ORDER_PER_PARTITION,
        /** I7: an answer names a published model version, and no lane goes back to an older one. */
        ONE_MODEL_AT_A_TIME,
        /** I8: the label is the one that the model gives, computed again by the checker's side. */
        RIGHT_LABEL,
        /** I9: once all is repaired, what waits is answered within a stated time. */
        RECOVERY_IN_TIME,
        /** I10: at rest nothing hangs: no open transaction, no last stable offset below the high watermark. */
        NOTHING_HANGS,
        /** What the fault itself demands, such as the exit code of a drain. */
        AS_THE_FAULT_DEMANDS,
        /** The harness could go through with the run. */
        RUN_TO_ITS_END
    }
}

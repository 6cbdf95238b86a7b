package dev.millrace.worker.publish;

/** What came of a reply that a request asked for. All but the first: its result is on the results topic alone. */
public enum ReplyOutcome {
    /** The broker has it. */
    SENT,
    /** The request's headers cannot be read. */
    MALFORMED,
    /** The worker's settings do not name the topic. */
    NOT_ALLOWED,
    /** There is no such topic. */
    UNKNOWN_TOPIC,
    /** The topic has fewer partitions. */
    UNKNOWN_PARTITION,
    /** The worker may not see the topic, or not write to it. */
    NOT_AUTHORIZED,
    /** The broker did not say in time whether there is such a topic, or was asked for too many. */
    LOOKUP_FAILED,
    /** Larger than the topic takes. */
    TOO_LARGE,
    /** The broker did not take it, or has just not taken another one there. */
    FAILED
}

package dev.millrace.worker.publish;

/**
 * Where a caller waits for its reply.
 *
 * @param topic a name that a topic can have
 * @param partition at least 0, or {@link #ANY}
 */
record ReplyAddress(String topic, int partition) {
    /** By the key, as the producer has it. */
    static final int ANY = -1;
}

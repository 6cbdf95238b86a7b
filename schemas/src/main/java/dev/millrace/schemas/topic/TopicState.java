package dev.millrace.schemas.topic;

/**
 * What was found or done about one topic.
 *
 * @param name full topic name
 * @param outcome created, right already, missing, or different from what it should be
 * @param partitions how many it has now; 0 when missing
 * @param detail one line for people; empty when there is nothing to say
 */
public record TopicState(String name, Outcome outcome, int partitions, String detail) {
    /** Created now, right already, not there, or there with settings that do not fit. */
    public enum Outcome {
        /** It was absent and has been created. */
        CREATED,
        /** It is as it should be. */
        OK,
        /** It is absent, and only verification was asked for. */
        MISSING,
        /** It exists but does not fit its purpose. */
        DIFFERENT
    }

    /** Whether the topic can be used as it is. */
    public boolean usable() {
        return outcome == Outcome.CREATED || outcome == Outcome.OK;
    }
}

package dev.millrace.bench.faults.history;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One thing that was seen in a run, in the terms of a Jepsen history: an operation is invoked, and ends ok, in failure,
 * or as info where nobody knows.
 */
@JsonPropertyOrder({"micros", "type", "f"})
public sealed interface Event {
    /** How an event ends an operation, or begins it. */
    enum Type {
        @JsonProperty("invoke")
        INVOKE,
        @JsonProperty("ok")
        OK,
        @JsonProperty("fail")
        FAIL,
        @JsonProperty("info")
        INFO
    }

    /** Microseconds since the history began, by a monotonic clock. */
    long micros();

    /** Begin, end or neither. */
    @JsonProperty("type")
    Type type();

    /** The operation. */
    @JsonProperty("f")
    String operation();

    /**
     * The run begins.
     *
     * @param firstOffsets of the requests topic, by partition: what is below belongs to earlier runs
     */
    record Opened(long micros, Map<Integer, Long> firstOffsets) implements Event {
        @Override
        public Type type() {
            return Type.INFO;
        }

        @Override
        public String operation() {
            return "open";
        }
    }

    /** A request is handed to the producer. */
    record Sent(long micros, String requestId) implements Event {
        @Override
        public Type type() {
            return Type.INVOKE;
        }

        @Override
        public String operation() {
            return "send";
        }
    }

    /**
     * The broker has acknowledged a request.
     *
     * @param image which image it carries, or -1 where no label is to be expected
     */
    record Accepted(long micros, String requestId, int partition, long offset, int image) implements Event {
        @Override
        public Type type() {
            return Type.OK;
        }

        @Override
        public String operation() {
            return "send";
        }
    }

    /** The producer gave a request up; it may be on the broker all the same. */
    record Abandoned(long micros, String requestId, String error) implements Event {
        @Override
        public Type type() {
            return Type.INFO;
        }

        @Override
        public String operation() {
            return "send";
        }
    }

    /** The reader saw a terminal record or a dead letter. */
    record Answered(long micros, Answer answer) implements Event {
        @Override
        public Type type() {
            return Type.OK;
        }

        @Override
        public String operation() {
            return "answer";
        }
    }

    /** A second reader, at rest, saw a record of the results or dead-letter topic. */
    record Reread(long micros, Position at, long digest) implements Event {
        @Override
        public Type type() {
            return Type.OK;
        }

        @Override
        public String operation() {
            return "reread";
        }
    }

    /**
     * The group's committed offsets, and the ends of the topics of terminal records as they were after that.
     *
     * @param committed by partition of the requests topic
     * @param ends the next offset of every partition of results and dead letters, whatever its transaction
     */
    record Committed(long micros, Map<Integer, Long> committed, Map<String, Long> ends) implements Event {
        @Override
        public Type type() {
            return Type.OK;
        }

        @Override
        public String operation() {
            return "committed";
        }
    }

    /**
     * The cluster once everything is answered.
     *
     * @param unstable partitions whose last stable offset stays below the high watermark
     * @param ongoing transactional ids with an open transaction
     */
    record AtRest(long micros, List<String> unstable, List<String> ongoing) implements Event {
        @Override
        public Type type() {
            return Type.OK;
        }

        @Override
        public String operation() {
            return "rest";
        }
    }

    /**
     * A step of the fault.
     *
     * @param step {@code inject}, {@code heal} or what else the fault tells
     */
    record Nemesis(long micros, String step, @Nullable String detail) implements Event {
        /** The step after which nothing is broken any more. */
        public static final String HEAL = "heal";

        @Override
        public Type type() {
            return Type.INFO;
        }

        @Override
        public String operation() {
            return "nemesis";
        }
    }
}

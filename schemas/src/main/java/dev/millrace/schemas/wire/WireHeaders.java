package dev.millrace.schemas.wire;

import java.nio.charset.StandardCharsets;

/** Names of the Kafka record headers that Millrace knows. Values are UTF-8 text, but where it says otherwise. */
public final class WireHeaders {
    /** Media type of the record value. */
    public static final String CONTENT_TYPE = "content-type";

    static final byte[] APPLICATION_AVRO = "application/avro".getBytes(StandardCharsets.UTF_8);

    /** The six headers of a dead letter have this prefix (KIP-1191): topic, partition, offset, group, delivery.count, message. */
    public static final String DLQ_PREFIX = "__dlq.errors.";

    /** Millrace's additions to a dead letter: the error class, the stage that refused it, the worker. */
    public static final String ERROR_CLASS = "x-error-class";

    /** The pipeline stage that refused a dead letter. */
    public static final String ERROR_STAGE = "x-error-stage";

    /** The worker that wrote a dead letter. */
    public static final String ERROR_WORKER = "x-error-worker";

    /** On a dead letter whose payload did not fit the broker's limit: how many bytes it had. */
    public static final String PAYLOAD_OMITTED = "x-payload-omitted";

    /** On a request that was sent again: the dead letter it was, as {@code topic-partition@offset}. */
    public static final String REPLAYED_FROM = "x-replayed-from";

    /** On a request that was sent again: how often by now. A dead letter keeps its request's headers, so this survives. */
    public static final String REPLAY_COUNT = "x-replay-count";

    /** On a request, and echoed with its answer: what its caller knows the answer by. Any bytes; Spring Kafka's name. */
    public static final String CORRELATION_ID = "kafka_correlationId";

    /** On a request: the topic where its caller waits for a copy of the result. Spring Kafka's name. */
    public static final String REPLY_TOPIC = "kafka_replyTopic";

    /** Beside {@link #REPLY_TOPIC}: the partition, four bytes, big-endian, as Spring Kafka has it, or decimal text. */
    public static final String REPLY_PARTITION = "kafka_replyPartition";

    /** On a request, and echoed with its answer: the trace it belongs to (W3C Trace Context). */
    public static final String TRACEPARENT = "traceparent";

    /** Beside {@link #TRACEPARENT}: what tracing systems add to it (W3C Trace Context). */
    public static final String TRACESTATE = "tracestate";

    private WireHeaders() {}
}

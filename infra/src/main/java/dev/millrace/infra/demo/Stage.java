package dev.millrace.infra.demo;

import dev.millrace.producer.Answer;
import dev.millrace.schemas.StageTimings;
import java.time.Duration;
import java.util.function.ToLongFunction;

/** A part of a request's way, and how long an answered request spent in it, in microseconds. */
enum Stage {
    /** From the request's making to a lane having its record. */
    QUEUE("queue", answer -> timings(answer).getQueueMicros()),
    /** From bytes to pixels. */
    DECODE("decode", answer -> timings(answer).getDecodeMicros()),
    /** Waiting for the batch to fill, and the session run of the batch. */
    INFER("infer", answer -> timings(answer).getBatchMicros() + timings(answer).getInferMicros()),
    /** From the lane's hand-over to its producer until the client has the result. */
    PUBLISH("publish", answer -> micros(answer.publishDelay())),
    /** From the request's making until the client has the result. */
    END_TO_END("end_to_end", answer -> micros(answer.endToEnd()));

    final String key;

    @SuppressWarnings("ImmutableEnumChecker") // Lambdas without state.
    private final ToLongFunction<Answer> micros;

    Stage(String key, ToLongFunction<Answer> micros) {
        this.key = key;
        this.micros = micros;
    }

    long micros(Answer answer) {
        return micros.applyAsLong(answer);
    }

    private static StageTimings timings(Answer answer) {
        return answer.result().getTimings();
    }

    private static long micros(Duration duration) {
        return duration.toNanos() / 1_000;
    }
}

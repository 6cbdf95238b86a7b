package dev.millrace.worker.trace;

import static io.opentelemetry.api.common.AttributeKey.longKey;
import static io.opentelemetry.api.common.AttributeKey.stringKey;

import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.StageTimings;
import dev.millrace.schemas.wire.WireHeaders;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.context.propagation.TextMapSetter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Spans as OpenTelemetry's semantic conventions for messaging have them (v1.43, "Development"). All spans of a request but the last
 * are written when its answer is there, from the times in its result: until then a request under way costs nothing.
 *
 * <p>A request has a {@code process} span of its own, also where a batch answers it, because each has its own caller: its parent is the
 * context in the request's headers, which it links to as well. The wait on the topic is a span beside it and not its beginning, so that
 * the length of {@code process} stays what the worker took, and because one end of the wait is the clock of another machine.
 */
final class OpenTelemetrySpans implements Tracing {
    private static final Logger log = LoggerFactory.getLogger(OpenTelemetrySpans.class);

    /** Longest header that is written, in bytes: as long as one that is echoed. */
    private static final int LONGEST_HEADER = 4_096;

    /** Where a {@code traceparent} of version 00 has its flags (W3C Trace Context). */
    private static final int TRACEPARENT_LENGTH = 55;

    private static final AttributeKey<String> SYSTEM = stringKey("messaging.system");
    private static final AttributeKey<String> OPERATION = stringKey("messaging.operation.name");
    private static final AttributeKey<String> OPERATION_TYPE = stringKey("messaging.operation.type");
    private static final AttributeKey<String> DESTINATION = stringKey("messaging.destination.name");
    private static final AttributeKey<String> PARTITION = stringKey("messaging.destination.partition.id");
    private static final AttributeKey<String> GROUP = stringKey("messaging.consumer.group.name");
    private static final AttributeKey<Long> OFFSET = longKey("messaging.kafka.offset");
    private static final AttributeKey<Long> BODY_SIZE = longKey("messaging.message.body.size");
    private static final AttributeKey<String> ERROR_TYPE = stringKey("error.type");
    private static final AttributeKey<String> REQUEST_ID = stringKey("millrace.request.id");
    private static final AttributeKey<String> STATUS = stringKey("millrace.status");
    private static final AttributeKey<String> ERROR_CLASS = stringKey("millrace.error.class");
    private static final AttributeKey<String> WORKER = stringKey("millrace.worker");
    private static final AttributeKey<Long> LANE = longKey("millrace.lane");
    private static final AttributeKey<String> MODEL = stringKey("millrace.model.name");
    private static final AttributeKey<Long> VERSION = longKey("millrace.model.version");
    private static final AttributeKey<String> DEVICE = stringKey("millrace.device");
    private static final AttributeKey<Long> BATCH_SIZE = longKey("millrace.batch.size");

    private final Place place;
    private final Tracer tracer;
    private final TextMapPropagator propagator;
    /** Headers that name a trace. */
    private final String[] fields;

    private final AtomicBoolean warned = new AtomicBoolean();

    private OpenTelemetrySpans(Place place, Tracer tracer, TextMapPropagator propagator) {
        this.place = place;
        this.tracer = tracer;
        this.propagator = propagator;
        fields = propagator.fields().stream()
                .filter(field -> !field.equals("baggage"))
                .toArray(String[]::new);
    }

    /** Whatever is set up by now, by the process itself, by an agent, or by the SDK's autoconfiguration. */
    static Tracing ofProcess(Place place) {
        // get() where nothing is set would keep the process from setting something later.
        boolean there = GlobalOpenTelemetry.isSet() || autoconfigures();
        return of(place, there ? GlobalOpenTelemetry.get() : OpenTelemetry.noop());
    }

    static Tracing of(Place place, OpenTelemetry openTelemetry) {
        OpenTelemetrySpans spans = new OpenTelemetrySpans(
                place,
                openTelemetry.getTracer("dev.millrace.worker"),
                openTelemetry.getPropagators().getTextMapPropagator());
        return spans.fields.length == 0 ? NONE : spans;
    }

    private static boolean autoconfigures() {
        String property = System.getProperty("otel.java.global-autoconfigure.enabled");
        return Boolean.parseBoolean(
                property == null ? System.getenv("OTEL_JAVA_GLOBAL_AUTOCONFIGURE_ENABLED") : property);
    }

    @Override
    public @Nullable Publication answered(
            ConsumerRecord<byte[], ByteBuffer> source, Instant takenAt, long startNanos, InferenceResult result) {
        if (!isSampled(source.headers())) {
            return null;
        }
        try {
            Context caller = caller(source.headers());
            return caller == null ? null : write(caller, source, takenAt, startNanos, result);
        } catch (RuntimeException | LinkageError e) {
            broken(e);
            return null;
        }
    }

    @Override
    public @Nullable Publication kept(
            ConsumerRecord<byte[], ByteBuffer> source,
            Instant takenAt,
            long startNanos,
            String errorClass,
            String message) {
        if (!isSampled(source.headers())) {
            return null;
        }
        try {
            Context caller = caller(source.headers());
            if (caller == null) {
                return null;
            }
            Span process = process(caller, source, takenAt).startSpan();
            if (!process.isRecording()) {
                return null;
            }
            process.setAttribute(ERROR_CLASS, errorClass);
            fail(process, errorClass, message);
            Publication publication = send(caller.with(process), place.deadLetters());
            process.end();
            return publication;
        } catch (RuntimeException | LinkageError e) {
            broken(e);
            return null;
        }
    }

    /** Whether the record names a trace that may be sampled. For every request: allocates nothing. */
    private boolean isSampled(Headers headers) {
        for (String field : fields) {
            if (headers.lastHeader(field) != null) {
                return !isUnsampled(headers.lastHeader(WireHeaders.TRACEPARENT));
            }
        }
        return false;
    }

    private static boolean isUnsampled(@Nullable Header traceparent) {
        byte[] value = traceparent == null ? null : traceparent.value();
        return value != null
                && value.length == TRACEPARENT_LENGTH
                && (Character.digit(value[TRACEPARENT_LENGTH - 1], 16) & 1) == 0;
    }

    private @Nullable Context caller(Headers headers) {
        Context caller = propagator.extract(Context.root(), headers, HeaderGetter.INSTANCE);
        return Span.fromContext(caller).getSpanContext().isSampled() ? caller : null;
    }

    private @Nullable Publication write(
            Context caller,
            ConsumerRecord<byte[], ByteBuffer> source,
            Instant takenAt,
            long startNanos,
            InferenceResult result) {
        Instant now = Instant.now();
        Instant begun = now.minusNanos(System.nanoTime() - startNanos);
        // The clock may have been set back meanwhile.
        Instant taken = takenAt.isBefore(begun) ? takenAt : begun;
        Span process = process(caller, source, taken)
                .setAttribute(REQUEST_ID, result.getRequestId())
                .setAttribute(WORKER, result.getWorker())
                .setAttribute(LANE, (long) result.getLane())
                .setAttribute(STATUS, result.getStatus().name())
                .startSpan();
        if (!process.isRecording()) {
            // The process samples less than the caller.
            return null;
        }
        Context inside = caller.with(process);
        stages(caller, inside, taken, begun, result);
        describe(process, result);
        process.end(now);
        return send(inside, place.results());
    }

    private SpanBuilder process(Context caller, ConsumerRecord<byte[], ByteBuffer> source, Instant taken) {
        SpanContext creation = Span.fromContext(caller).getSpanContext();
        return tracer.spanBuilder("process " + source.topic())
                .setParent(caller)
                .addLink(creation)
                .setSpanKind(SpanKind.CONSUMER)
                .setStartTimestamp(taken)
                .setAttribute(SYSTEM, "kafka")
                .setAttribute(OPERATION, "process")
                .setAttribute(OPERATION_TYPE, "process")
                .setAttribute(DESTINATION, source.topic())
                .setAttribute(PARTITION, Integer.toString(source.partition()))
                .setAttribute(OFFSET, source.offset())
                .setAttribute(BODY_SIZE, (long) Math.max(0, source.serializedValueSize()))
                .setAttribute(GROUP, place.group());
    }

    private void stages(Context caller, Context inside, Instant taken, Instant begun, InferenceResult result) {
        StageTimings timings = result.getTimings();
        if (timings.getQueueMicros() > 0) {
            span("queue", caller, taken.minus(timings.getQueueMicros(), ChronoUnit.MICROS), taken);
        }
        Instant decoded = begun.plus(timings.getDecodeMicros(), ChronoUnit.MICROS);
        span("decode", inside, begun, decoded);
        if (result.getBatchSize() > 0) {
            Instant run = decoded.plus(timings.getBatchMicros(), ChronoUnit.MICROS);
            span("batch", inside, decoded, run);
            Instant inferred = run.plus(timings.getInferMicros(), ChronoUnit.MICROS);
            Span infer = tracer.spanBuilder("infer")
                    .setParent(inside)
                    .setStartTimestamp(run)
                    .setAttribute(BATCH_SIZE, (long) result.getBatchSize())
                    .startSpan();
            of(infer, result);
            if (result.getStatus() == ResultStatus.FAILED) {
                infer.setStatus(StatusCode.ERROR);
            }
            infer.end(inferred);
        }
    }

    private void span(String name, Context parent, Instant from, Instant to) {
        tracer.spanBuilder(name)
                .setParent(parent)
                .setStartTimestamp(from)
                .startSpan()
                .end(to);
    }

    private static void describe(Span process, InferenceResult result) {
        of(process, result);
        String errorClass = result.getErrorClass();
        if (errorClass != null) {
            process.setAttribute(ERROR_CLASS, errorClass);
        }
        if (result.getStatus() == ResultStatus.FAILED) {
            fail(process, String.valueOf(errorClass), String.valueOf(result.getErrorMessage()));
        }
    }

    /** Says which model it was, and where it ran. */
    private static void of(Span span, InferenceResult result) {
        Integer version = result.getVersion();
        String device = result.getDevice();
        if (result.getModel() != null && version != null && device != null) {
            span.setAttribute(MODEL, result.getModel())
                    .setAttribute(VERSION, (long) version)
                    .setAttribute(DEVICE, device);
        }
    }

    private static void fail(Span span, String type, String message) {
        span.setAttribute(ERROR_TYPE, type).setStatus(StatusCode.ERROR, message);
    }

    private Publication send(Context inside, String topic) {
        Span span = tracer.spanBuilder("send " + topic)
                .setParent(inside)
                .setSpanKind(SpanKind.PRODUCER)
                .setAttribute(SYSTEM, "kafka")
                .setAttribute(OPERATION, "send")
                .setAttribute(OPERATION_TYPE, "send")
                .setAttribute(DESTINATION, topic)
                .startSpan();
        return new Sending(span, inside.with(span));
    }

    /** Once: what fails for one request fails for all. */
    private void broken(Throwable problem) {
        if (warned.compareAndSet(false, true)) {
            log.warn("a trace could not be written; this is not said again", problem);
        }
    }

    private final class Sending implements Publication {
        private final Span span;
        private final Context context;

        Sending(Span span, Context context) {
            this.span = span;
            this.context = context;
        }

        @Override
        public void nameIn(Headers headers) {
            try {
                propagator.inject(context, headers, HeaderSetter.INSTANCE);
            } catch (RuntimeException | LinkageError e) {
                broken(e);
            }
        }

        @Override
        public void acknowledged() {
            try {
                span.end();
            } catch (RuntimeException | LinkageError e) {
                broken(e);
            }
        }

        @Override
        public void failed(String type, String message) {
            try {
                fail(span, type, message);
                span.end();
            } catch (RuntimeException | LinkageError e) {
                broken(e);
            }
        }
    }

    private enum HeaderGetter implements TextMapGetter<Headers> {
        INSTANCE;

        @Override
        @SuppressWarnings("deprecation") // Propagators of older versions ask for it.
        public Iterable<String> keys(Headers headers) {
            return Arrays.stream(headers.toArray()).map(Header::key).toList();
        }

        @Override
        public @Nullable String get(@Nullable Headers headers, String key) {
            Header header = headers == null ? null : headers.lastHeader(key);
            byte[] value = header == null ? null : header.value();
            return value == null || value.length > LONGEST_HEADER ? null : new String(value, StandardCharsets.UTF_8);
        }
    }

    private enum HeaderSetter implements TextMapSetter<Headers> {
        INSTANCE;

        @Override
        public void set(@Nullable Headers headers, String key, String value) {
            byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
            if (headers != null && bytes.length <= LONGEST_HEADER) {
                headers.remove(key).add(key, bytes);
            }
        }
    }
}

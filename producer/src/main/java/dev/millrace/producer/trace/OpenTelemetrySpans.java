package dev.millrace.producer.trace;

import static io.opentelemetry.api.common.AttributeKey.longKey;
import static io.opentelemetry.api.common.AttributeKey.stringKey;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@code send} span for each request, as OpenTelemetry's semantic conventions for messaging have it (v1.43, "Development"): from the
 * call to the broker's acknowledgement, below whatever span the calling thread is in.
 */
final class OpenTelemetrySpans implements Tracing {
    private static final Logger log = LoggerFactory.getLogger(OpenTelemetrySpans.class);

    private static final AttributeKey<String> SYSTEM = stringKey("messaging.system");
    private static final AttributeKey<String> OPERATION = stringKey("messaging.operation.name");
    private static final AttributeKey<String> OPERATION_TYPE = stringKey("messaging.operation.type");
    private static final AttributeKey<String> DESTINATION = stringKey("messaging.destination.name");
    private static final AttributeKey<String> PARTITION = stringKey("messaging.destination.partition.id");
    private static final AttributeKey<Long> OFFSET = longKey("messaging.kafka.offset");
    private static final AttributeKey<String> ERROR_TYPE = stringKey("error.type");
    private static final AttributeKey<String> REQUEST_ID = stringKey("millrace.request.id");

    private final Tracer tracer;
    private final TextMapPropagator propagator;
    private final AtomicBoolean warned = new AtomicBoolean();

    private OpenTelemetrySpans(OpenTelemetry openTelemetry) {
        tracer = openTelemetry.getTracer("dev.millrace.producer");
        propagator = openTelemetry.getPropagators().getTextMapPropagator();
    }

    /** Whatever is set up by now, by the process itself, by an agent, or by the SDK's autoconfiguration. */
    static Tracing ofProcess() {
        // get() where nothing is set would keep the process from setting something later.
        boolean there = GlobalOpenTelemetry.isSet() || autoconfigures();
        return of(there ? GlobalOpenTelemetry.get() : OpenTelemetry.noop());
    }

    static Tracing of(OpenTelemetry openTelemetry) {
        OpenTelemetrySpans spans = new OpenTelemetrySpans(openTelemetry);
        // What is not set up names no headers.
        return spans.propagator.fields().isEmpty() ? NONE : spans;
    }

    private static boolean autoconfigures() {
        String property = System.getProperty("otel.java.global-autoconfigure.enabled");
        return Boolean.parseBoolean(
                property == null ? System.getenv("OTEL_JAVA_GLOBAL_AUTOCONFIGURE_ENABLED") : property);
    }

    @Override
    public Callback sending(ProducerRecord<?, ?> message, String requestId, Callback done) {
        try {
            Span span = tracer.spanBuilder("send " + message.topic())
                    .setSpanKind(SpanKind.PRODUCER)
                    .setAttribute(SYSTEM, "kafka")
                    .setAttribute(OPERATION, "send")
                    .setAttribute(OPERATION_TYPE, "send")
                    .setAttribute(DESTINATION, message.topic())
                    .setAttribute(REQUEST_ID, requestId)
                    .startSpan();
            propagator.inject(Context.current().with(span), message.headers(), OpenTelemetrySpans::set);
            return span.isRecording() ? ending(span, done) : done;
        } catch (RuntimeException | LinkageError e) {
            broken(e);
            return done;
        }
    }

    private static void set(@Nullable Headers headers, String key, String value) {
        if (headers != null) {
            headers.remove(key).add(key, value.getBytes(StandardCharsets.UTF_8));
        }
    }

    private Callback ending(Span span, Callback done) {
        return (metadata, failure) -> {
            try {
                end(span, metadata, failure);
            } catch (RuntimeException | LinkageError e) {
                broken(e);
            }
            done.onCompletion(metadata, failure);
        };
    }

    private static void end(Span span, @Nullable RecordMetadata metadata, @Nullable Exception failure) {
        if (failure != null) {
            span.setAttribute(ERROR_TYPE, failure.getClass().getName())
                    .setStatus(StatusCode.ERROR, String.valueOf(failure.getMessage()));
        } else if (metadata != null) {
            span.setAttribute(PARTITION, Integer.toString(metadata.partition()))
                    .setAttribute(OFFSET, metadata.offset());
        }
        span.end();
    }

    /** Once: what fails for one request fails for all. */
    private void broken(Throwable problem) {
        if (warned.compareAndSet(false, true)) {
            log.warn("a trace could not be written; this is not said again", problem);
        }
    }
}

package dev.millrace.producer.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

class OpenTelemetrySpansTest {
    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
    private final OpenTelemetry sampling = sdk(Sampler.parentBased(Sampler.alwaysOn()));
    private final ProducerRecord<String, String> message = new ProducerRecord<>("requests", "key", "value");
    private final List<String> called = new ArrayList<>();
    private final Callback done = (metadata, failure) -> called.add(String.valueOf(failure));

    @Test
    void aRequestIsOneSendSpanBelowItsCallersUntilItIsAcknowledged() {
        Tracer tracer = sampling.getTracer("test");
        Span caller = tracer.spanBuilder("caller").startSpan();
        Callback ending = Context.root()
                .with(caller)
                .wrapSupplier(() -> OpenTelemetrySpans.of(sampling).sending(message, "id", done))
                .get();
        assertThat(exporter.getFinishedSpanItems()).isEmpty();
        ending.onCompletion(new RecordMetadata(new TopicPartition("requests", 2), 17, 0, 0, 0, 0), null);

        SpanData send = exporter.getFinishedSpanItems().get(0);
        assertThat(send.getName()).isEqualTo("send requests");
        assertThat(send.getKind()).isEqualTo(SpanKind.PRODUCER);
        assertThat(send.getParentSpanId()).isEqualTo(caller.getSpanContext().getSpanId());
        assertThat(attributes(send))
                .containsEntry("messaging.system", "kafka")
                .containsEntry("messaging.operation.name", "send")
                .containsEntry("messaging.operation.type", "send")
                .containsEntry("messaging.destination.name", "requests")
                .containsEntry("messaging.destination.partition.id", "2")
                .containsEntry("messaging.kafka.offset", 17L)
                .containsEntry("millrace.request.id", "id");
        // The flag beside "sampled" says that the id is random.
        assertThat(traceparent()).matches("00-" + send.getTraceId() + "-" + send.getSpanId() + "-0[13]");
        assertThat(called).containsExactly("null");
    }

    @Test
    void whatKafkaDoesNotTakeIsAnError() {
        OpenTelemetrySpans.of(sampling)
                .sending(message, "id", done)
                .onCompletion(null, new TimeoutException("too late"));

        SpanData send = exporter.getFinishedSpanItems().get(0);
        assertThat(send.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(send.getStatus().getDescription()).isEqualTo("too late");
        assertThat(attributes(send)).containsEntry("error.type", TimeoutException.class.getName());
        assertThat(called).hasSize(1);
    }

    @Test
    void whatIsNotSampledIsNamedAndNotWritten() {
        assertThat(OpenTelemetrySpans.of(sdk(Sampler.alwaysOff())).sending(message, "id", done))
                .isSameAs(done);
        assertThat(traceparent()).matches(".*-0[02]");
        assertThat(exporter.getFinishedSpanItems()).isEmpty();
    }

    @Test
    void thereIsNoTracingUntilSomebodySetsItUp() {
        assertThat(Tracing.ofProcess()).isSameAs(Tracing.NONE);
        assertThat(Tracing.NONE.sending(message, "id", done)).isSameAs(done);
        assertThat(message.headers()).isEmpty();
    }

    private String traceparent() {
        return new String(message.headers().lastHeader("traceparent").value(), StandardCharsets.UTF_8);
    }

    private OpenTelemetry sdk(Sampler sampler) {
        return OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .setSampler(sampler)
                        .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                        .build())
                .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                .build();
    }

    private static Map<String, Object> attributes(SpanData span) {
        return span.getAttributes().asMap().entrySet().stream()
                .collect(Collectors.toMap(entry -> entry.getKey().getKey(), Map.Entry::getValue));
    }
}

package dev.millrace.worker.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.StageTimings;
import dev.millrace.worker.trace.Tracing.Place;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenTelemetrySpansTest {
    private static final Place PLACE = new Place("group", "results", "dlq");
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String CALLER = "00f067aa0ba902b7";
    private static final String SAMPLED = "00-" + TRACE + "-" + CALLER + "-01";

    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
    private final Tracing tracing = tracing(Sampler.parentBased(Sampler.alwaysOn()), exporter);
    private final Instant taken = Instant.now();
    private final long start = System.nanoTime();

    @Test
    void aRequestIsOneProcessSpanBelowItsCallersWithItsStagesInIt() {
        InferenceResult result = result(ResultStatus.OK);
        result.setTimings(new StageTimings(5_000L, 100L, 200L, 400L));
        result.setBatchSize(7);
        result.setModel("shoes");
        result.setVersion(3);
        result.setDevice("cpu:1");
        answer(SAMPLED, result).acknowledged();

        Map<String, SpanData> spans = spans();
        assertThat(spans.keySet())
                .containsExactlyInAnyOrder("queue", "process requests", "decode", "batch", "infer", "send results");
        assertThat(spans.values()).allSatisfy(span -> {
            assertThat(span.getTraceId()).isEqualTo(TRACE);
            assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        });
        SpanData process = of(spans, "process requests");
        assertThat(process.getKind()).isEqualTo(SpanKind.CONSUMER);
        assertThat(process.getParentSpanId()).isEqualTo(CALLER);
        assertThat(process.getLinks())
                .singleElement()
                .satisfies(link -> assertThat(link.getSpanContext().getSpanId()).isEqualTo(CALLER));
        assertThat(attributes(process))
                .containsEntry("messaging.system", "kafka")
                .containsEntry("messaging.operation.name", "process")
                .containsEntry("messaging.operation.type", "process")
                .containsEntry("messaging.destination.name", "requests")
                .containsEntry("messaging.destination.partition.id", "2")
                .containsEntry("messaging.kafka.offset", 17L)
                .containsEntry("messaging.consumer.group.name", "group")
                .containsEntry("millrace.request.id", "id")
                .containsEntry("millrace.status", "OK")
                .doesNotContainKey("error.type");
        SpanData queue = of(spans, "queue");
        assertThat(queue.getParentSpanId()).isEqualTo(CALLER);
        assertThat(queue.getEndEpochNanos()).isEqualTo(process.getStartEpochNanos());
        assertThat(queue.getEndEpochNanos() - queue.getStartEpochNanos()).isEqualTo(5_000_000);
        assertThat(List.of(of(spans, "decode"), of(spans, "batch"), of(spans, "infer"), of(spans, "send results")))
                .allSatisfy(stage -> assertThat(stage.getParentSpanId()).isEqualTo(process.getSpanId()));
        SpanData decode = of(spans, "decode");
        SpanData batch = of(spans, "batch");
        SpanData infer = of(spans, "infer");
        assertThat(decode.getStartEpochNanos()).isBetween(process.getStartEpochNanos(), nanos(Instant.now()));
        assertThat(decode.getEndEpochNanos() - decode.getStartEpochNanos()).isEqualTo(100_000);
        assertThat(batch.getStartEpochNanos()).isEqualTo(decode.getEndEpochNanos());
        assertThat(batch.getEndEpochNanos() - batch.getStartEpochNanos()).isEqualTo(200_000);
        assertThat(infer.getStartEpochNanos()).isEqualTo(batch.getEndEpochNanos());
        assertThat(infer.getEndEpochNanos() - infer.getStartEpochNanos()).isEqualTo(400_000);
        assertThat(attributes(infer))
                .containsEntry("millrace.batch.size", 7L)
                .containsEntry("millrace.model.name", "shoes")
                .containsEntry("millrace.model.version", 3L)
                .containsEntry("millrace.device", "cpu:1");
        SpanData send = of(spans, "send results");
        assertThat(send.getKind()).isEqualTo(SpanKind.PRODUCER);
        assertThat(attributes(send)).containsEntry("messaging.destination.name", "results");
    }

    @Test
    void theAnswerGoesOnWithTheTrace() {
        Publication publication = answer(SAMPLED, result(ResultStatus.OK));
        Headers headers = headers(SAMPLED);
        publication.nameIn(headers);
        publication.acknowledged();

        assertThat(headers.toArray()).hasSize(1);
        assertThat(new String(headers.lastHeader("traceparent").value(), StandardCharsets.UTF_8))
                .isEqualTo("00-" + TRACE + "-" + of(spans(), "send results").getSpanId() + "-01");
    }

    @ParameterizedTest
    @EnumSource(
            value = ResultStatus.class,
            names = {"REJECTED", "EXPIRED"})
    void whatTheCallerIsToBlameForIsNoErrorOfTheWorker(ResultStatus status) {
        InferenceResult result = result(status);
        result.setErrorClass("CRC_MISMATCH");
        answer(SAMPLED, result).acknowledged();

        Map<String, SpanData> spans = spans();
        assertThat(spans.keySet()).containsExactlyInAnyOrder("process requests", "decode", "send results");
        assertThat(of(spans, "process requests").getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(attributes(of(spans, "process requests")))
                .containsEntry("millrace.status", status.name())
                .containsEntry("millrace.error.class", "CRC_MISMATCH");
    }

    @Test
    void whatFailedIsAnError() {
        InferenceResult result = result(ResultStatus.FAILED);
        result.setErrorClass("INFERENCE_FAILED");
        result.setErrorMessage("run of shoes: NaN");
        result.setBatchSize(1);
        answer(SAMPLED, result).failed("org.example.Gone", "the topic is gone");

        Map<String, SpanData> spans = spans();
        SpanData process = of(spans, "process requests");
        assertThat(process.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(process.getStatus().getDescription()).isEqualTo("run of shoes: NaN");
        assertThat(attributes(process)).containsEntry("error.type", "INFERENCE_FAILED");
        assertThat(of(spans, "infer").getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(of(spans, "send results").getStatus().getDescription()).isEqualTo("the topic is gone");
        assertThat(attributes(of(spans, "send results"))).containsEntry("error.type", "org.example.Gone");
    }

    @Test
    void whatIsNoRequestAtAllIsAnError() {
        Publication publication = tracing.kept(source(SAMPLED), taken, start, "MALFORMED", "value: 3 bytes");
        Objects.requireNonNull(publication).acknowledged();

        Map<String, SpanData> spans = spans();
        assertThat(spans.keySet()).containsExactlyInAnyOrder("process requests", "send dlq");
        assertThat(attributes(of(spans, "process requests"))).containsEntry("error.type", "MALFORMED");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00-" + TRACE + "-" + CALLER + "-00",
                "00-" + TRACE + "-" + CALLER + "-02",
                "00-" + TRACE + "-0000000000000000-01",
                "00-" + TRACE + "-" + CALLER + "-0x",
                "nonsense",
            })
    void nothingIsWrittenWithoutASampledCaller(String traceparent) {
        assertThat(tracing.answered(source(traceparent), taken, start, result(ResultStatus.OK)))
                .isNull();
        assertThat(tracing.kept(source(traceparent), taken, start, "MALFORMED", ""))
                .isNull();
        assertThat(exporter.getFinishedSpanItems()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "00-" + TRACE + "-" + CALLER + "-00"})
    void nothingIsAllocatedWithoutASampledCaller(String traceparent) {
        ConsumerRecord<byte[], ByteBuffer> source = source(traceparent);
        InferenceResult result = result(ResultStatus.OK);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int calls = 10_000;
        long allocated = Long.MAX_VALUE;
        for (int round = 0; round < 5; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < calls; i++) {
                if (tracing.answered(source, taken, start, result) != null) {
                    throw new AssertionError("traced");
                }
            }
            allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(allocated).isLessThan(calls);
    }

    @Test
    void nothingIsWrittenWhereTheProcessSamplesNothing() {
        Tracing silent = tracing(Sampler.alwaysOff(), exporter);
        assertThat(silent.answered(source(SAMPLED), taken, start, result(ResultStatus.OK)))
                .isNull();
        assertThat(silent.kept(source(SAMPLED), taken, start, "MALFORMED", "")).isNull();
        assertThat(exporter.getFinishedSpanItems()).isEmpty();
    }

    @Test
    void aTraceThatCannotBeWrittenHarmsNobody() {
        Tracing broken = OpenTelemetrySpans.of(
                PLACE,
                OpenTelemetrySdk.builder()
                        .setTracerProvider(SdkTracerProvider.builder()
                                .setSampler(new FailingSampler())
                                .build())
                        .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                        .build());
        assertThat(broken.answered(source(SAMPLED), taken, start, result(ResultStatus.OK)))
                .isNull();
        assertThat(broken.kept(source(SAMPLED), taken, start, "MALFORMED", "")).isNull();
    }

    @Test
    void thereIsNoTracingUntilSomebodySetsItUp() {
        assertThat(Tracing.ofProcess(PLACE)).isSameAs(Tracing.NONE);
    }

    private Publication answer(String traceparent, InferenceResult result) {
        return Objects.requireNonNull(tracing.answered(source(traceparent), taken, start, result));
    }

    private Map<String, SpanData> spans() {
        return exporter.getFinishedSpanItems().stream().collect(Collectors.toMap(SpanData::getName, span -> span));
    }

    private static SpanData of(Map<String, SpanData> spans, String name) {
        return Objects.requireNonNull(spans.get(name), name);
    }

    private static Map<String, Object> attributes(SpanData span) {
        return span.getAttributes().asMap().entrySet().stream()
                .collect(Collectors.toMap(entry -> entry.getKey().getKey(), Map.Entry::getValue));
    }

    private static Tracing tracing(Sampler sampler, SpanExporter exporter) {
        return OpenTelemetrySpans.of(
                PLACE,
                OpenTelemetrySdk.builder()
                        .setTracerProvider(SdkTracerProvider.builder()
                                .setSampler(sampler)
                                .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                                .build())
                        .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                        .build());
    }

    private static ConsumerRecord<byte[], ByteBuffer> source(String traceparent) {
        return new ConsumerRecord<>(
                "requests",
                2,
                17,
                0,
                TimestampType.CREATE_TIME,
                0,
                100,
                null,
                ByteBuffer.allocate(0),
                headers(traceparent),
                Optional.empty());
    }

    private static Headers headers(@Nullable String traceparent) {
        RecordHeaders headers = new RecordHeaders();
        if (traceparent != null && !traceparent.isEmpty()) {
            headers.add("traceparent", traceparent.getBytes(StandardCharsets.UTF_8));
        }
        return headers;
    }

    private static InferenceResult result(ResultStatus status) {
        InferenceResult result = new InferenceResult();
        result.setRequestId("id");
        result.setStatus(status);
        result.setTimings(new StageTimings(0L, 0L, 0L, 0L));
        result.setWorker("worker");
        result.setArm(RolloutArm.NONE);
        return result;
    }

    private static long nanos(Instant time) {
        return TimeUnit.SECONDS.toNanos(time.getEpochSecond()) + time.getNano();
    }

    private static final class FailingSampler implements Sampler {
        @Override
        public io.opentelemetry.sdk.trace.samplers.SamplingResult shouldSample(
                io.opentelemetry.context.Context parentContext,
                String traceId,
                String name,
                SpanKind spanKind,
                io.opentelemetry.api.common.Attributes attributes,
                List<io.opentelemetry.sdk.trace.data.LinkData> parentLinks) {
            throw new IllegalStateException("no sampling today");
        }

        @Override
        public String getDescription() {
            return "fails";
        }
    }
}

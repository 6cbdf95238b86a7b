package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.ImageRequest;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The trace of a request, from whoever sends it to whoever reads its answer, through a worker that OpenTelemetry is set up in. */
@ExtendWith(KafkaBroker.class)
class TracingIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String UNSAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
    private OpenTelemetry openTelemetry = OpenTelemetry.noop();
    private Stage stage;

    @BeforeEach
    void setTheStage(KafkaBroker broker, @TempDir Path dir) throws Exception {
        openTelemetry = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                        .build())
                .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                .build();
        GlobalOpenTelemetry.set(openTelemetry);
        stage = new Stage(broker, dir);
        stage.publish(1, Stage.onnx(0));
    }

    @AfterEach
    void clear() {
        stage.close();
        GlobalOpenTelemetry.resetForTest();
    }

    @ParameterizedTest
    @ValueSource(strings = {"at-least-once", "exactly-once", "queue"})
    void aTraceGoesFromWhoeverAsksToWhoeverReadsTheAnswer(String delivery) throws Exception {
        String replies = stage.topics.prefix() + "replies";
        stage.create(replies, 1, Map.of());
        ImageRequest request = Stage.request("traced", 0, 1);
        Span asking = span("send requests", Context.root(), SpanKind.PRODUCER);
        stage.send(request, 2, "traced", List.of(trace(asking), header("kafka_replyTopic", replies)));
        asking.end();
        // It lies there before anybody is up to take it.
        Instant sent = Instant.now();
        stage.worker("millrace.delivery", delivery, "millrace.reply.topics", replies);
        await().atMost(PATIENCE).until(() -> !stage.read(replies).isEmpty());
        for (String topic : List.of(stage.topics.results(), replies)) {
            span("process " + topic, caller(stage.read(topic).get(0)), SpanKind.CONSUMER)
                    .end();
        }

        String results = stage.topics.results();
        String requests = stage.topics.requests();
        await().atMost(PATIENCE).until(() -> spans().containsKey("send " + results));
        Map<String, SpanData> spans = spans();
        assertThat(spans.keySet())
                .containsExactlyInAnyOrder(
                        "send requests",
                        "queue",
                        "process " + requests,
                        "decode",
                        "batch",
                        "infer",
                        "send " + results,
                        "process " + results,
                        "process " + replies);
        assertThat(spans.values()).allSatisfy(span -> {
            assertThat(span.getTraceId()).isEqualTo(asking.getSpanContext().getTraceId());
            assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
            assertThat(span.getEndEpochNanos()).isGreaterThanOrEqualTo(span.getStartEpochNanos());
            assertThat(span.getEndEpochNanos()).isLessThanOrEqualTo(nanos(Instant.now()));
        });
        Map<String, String> parents = new HashMap<>();
        spans.forEach((name, span) -> parents.put(name, nameOf(span.getParentSpanId(), spans)));
        assertThat(parents)
                .containsEntry("send requests", "")
                .containsEntry("queue", "send requests")
                .containsEntry("process " + requests, "send requests")
                .containsEntry("decode", "process " + requests)
                .containsEntry("batch", "process " + requests)
                .containsEntry("infer", "process " + requests)
                .containsEntry("send " + results, "process " + requests)
                .containsEntry("process " + results, "send " + results)
                .containsEntry("process " + replies, "send " + results);

        SpanData queue = of(spans, "queue");
        // Whole microseconds of two clocks' readings are added up.
        assertThat(queue.getStartEpochNanos()).isCloseTo(nanos(request.getCreatedAt()), within(1_000_000L));
        assertThat(queue.getEndEpochNanos()).isGreaterThan(nanos(sent));
        SpanData process = of(spans, "process " + requests);
        assertThat(process.getStartEpochNanos()).isGreaterThan(nanos(sent));
        List<SpanData> stages = List.of(of(spans, "decode"), of(spans, "batch"), of(spans, "infer"));
        assertThat(stages).allSatisfy(each -> assertThat(each.getStartEpochNanos())
                .isGreaterThanOrEqualTo(process.getStartEpochNanos()));
        // One after the other, within the request; a clock that is set meanwhile would move them all.
        assertThat(stages.get(2).getEndEpochNanos() - stages.get(0).getStartEpochNanos())
                .isLessThanOrEqualTo(process.getEndEpochNanos() - process.getStartEpochNanos());
        assertThat(attributes(process))
                .containsEntry("messaging.destination.partition.id", "2")
                .containsEntry("messaging.kafka.offset", 0L)
                .containsEntry("messaging.consumer.group.name", stage.topics.prefix() + "group")
                .containsEntry("millrace.model.name", "tiny")
                .containsEntry("millrace.model.version", 1L);
    }

    @Test
    void whatIsNotAnsweredOrNotSampledIsTold() throws Exception {
        stage.worker();
        Span asking = span("send requests", Context.root(), SpanKind.PRODUCER);
        ImageRequest nobodys = Stage.request("nobodys", 0, 1);
        nobodys.setModel("nobody");
        stage.send(nobodys, 0, "nobodys", List.of(trace(asking)));
        stage.sendRaw(0, "malformed", new byte[] {1, 2, 3}, List.of(trace(asking)));
        stage.send(Stage.request("unsampled", 0, 1), 0, "unsampled", List.of(header("traceparent", UNSAMPLED)));
        await().atMost(PATIENCE).until(() -> stage.results().size() == 2);
        await().atMost(PATIENCE).until(() -> exporter.getFinishedSpanItems().stream()
                .anyMatch(span -> span.getName().equals("send " + stage.topics.deadLetters())));

        List<SpanData> processes = exporter.getFinishedSpanItems().stream()
                .filter(span -> span.getKind() == SpanKind.CONSUMER)
                .toList();
        assertThat(processes)
                .hasSize(2)
                .anySatisfy(span -> {
                    assertThat(attributes(span)).containsEntry("millrace.error.class", "UNKNOWN_MODEL");
                    assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
                })
                .anySatisfy(span -> {
                    assertThat(attributes(span)).containsKey("error.type");
                    assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
                });
        assertThat(stage.read(stage.topics.results()))
                .filteredOn(result -> result.key().equals("unsampled"))
                .singleElement()
                .satisfies(result -> assertThat(text(result.headers().lastHeader("traceparent")))
                        .isEqualTo(UNSAMPLED));
        // Whoever sends it again continues the trace of its request.
        String request = W3C.headerOf(asking);
        assertThat(stage.read(stage.topics.deadLetters())).hasSize(2).allSatisfy(letter -> assertThat(
                        text(letter.headers().lastHeader("traceparent")))
                .isEqualTo(request));
    }

    private Span span(String name, Context parent, SpanKind kind) {
        return openTelemetry
                .getTracer("test")
                .spanBuilder(name)
                .setParent(parent)
                .setSpanKind(kind)
                .startSpan();
    }

    private Map<String, SpanData> spans() {
        return exporter.getFinishedSpanItems().stream().collect(Collectors.toMap(SpanData::getName, span -> span));
    }

    private static SpanData of(Map<String, SpanData> spans, String name) {
        return Objects.requireNonNull(spans.get(name), name);
    }

    private static String nameOf(String spanId, Map<String, SpanData> spans) {
        return spans.values().stream()
                .filter(span -> span.getSpanId().equals(spanId))
                .map(SpanData::getName)
                .findFirst()
                .orElse("");
    }

    private static Map<String, Object> attributes(SpanData span) {
        return span.getAttributes().asMap().entrySet().stream()
                .collect(Collectors.toMap(entry -> entry.getKey().getKey(), Map.Entry::getValue));
    }

    private static Header trace(Span span) {
        return header("traceparent", W3C.headerOf(span));
    }

    private static Header header(String name, String value) {
        return new RecordHeader(name, value.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(Header header) {
        return new String(header.value(), StandardCharsets.UTF_8);
    }

    private static Context caller(ConsumerRecord<?, ?> answer) {
        return W3CTraceContextPropagator.getInstance().extract(Context.root(), answer, W3C.INSTANCE);
    }

    private static long nanos(Instant time) {
        return TimeUnit.SECONDS.toNanos(time.getEpochSecond()) + time.getNano();
    }

    /** As any producer and consumer would have it that is not Millrace's. */
    private enum W3C implements TextMapGetter<ConsumerRecord<?, ?>> {
        INSTANCE;

        static String headerOf(Span span) {
            List<String> header = new ArrayList<>();
            W3CTraceContextPropagator.getInstance()
                    .inject(Context.root().with(span), header, (carrier, key, value) -> Objects.requireNonNull(carrier)
                            .add(value));
            return header.get(0);
        }

        @Override
        @SuppressWarnings("deprecation")
        public Iterable<String> keys(ConsumerRecord<?, ?> answer) {
            return List.of();
        }

        @Override
        public @Nullable String get(@Nullable ConsumerRecord<?, ?> answer, String key) {
            Header header = Objects.requireNonNull(answer).headers().lastHeader(key);
            return header == null ? null : text(header);
        }
    }
}

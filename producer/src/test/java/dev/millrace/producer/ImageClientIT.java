package dev.millrace.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.wire.WireDeserializer;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
class ImageClientIT {
    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

    private static final byte[] PIXELS = {1, 2, 3, 4};

    private ClientConfig config = ClientConfig.of("set by each test");

    @BeforeEach
    void createTopics() throws Exception {
        config = ClientConfig.of(BROKER.bootstrapServers()).withTopicPrefix(KafkaBroker.freshPrefix());
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", config.bootstrapServers()))) {
            new TopicProvisioner(admin).createMissing(config.topics().catalogue(2, (short) 1));
        }
    }

    @Test
    void requestsNameTheTraceThatTheyArePartOf() throws Exception {
        InMemorySpanExporter exporter = InMemorySpanExporter.create();
        OpenTelemetry openTelemetry = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                        .build())
                .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                .build();
        Span calling = openTelemetry.getTracer("test").spanBuilder("calling").startSpan();
        Receipt receipt;
        GlobalOpenTelemetry.set(openTelemetry);
        try (ImageClient client = ImageClient.connect(config)) {
            receipt = Context.root()
                    .with(calling)
                    .wrap(() -> client.publish(image()).get())
                    .call();
        } finally {
            GlobalOpenTelemetry.resetForTest();
        }

        SpanData send = exporter.getFinishedSpanItems().get(0);
        assertThat(send.getName()).isEqualTo("send " + receipt.topic());
        assertThat(send.getParentSpanId()).isEqualTo(calling.getSpanContext().getSpanId());
        assertThat(new String(
                        readRequest(receipt).headers().lastHeader("traceparent").value(), StandardCharsets.UTF_8))
                .startsWith("00-" + send.getTraceId() + "-" + send.getSpanId() + "-0");
    }

    @Test
    void publishesWhatAnyKafkaConsumerReadsBack() throws Exception {
        OutgoingImage image = image().withKey("camera-7").withTags(Map.of("country", "NZ"));
        Receipt receipt;
        try (ImageClient client = ImageClient.connect(config)) {
            receipt = client.publish(image).get();
        }

        ConsumerRecord<String, ImageRequest> read = readRequest(receipt);

        assertThat(receipt.requestId()).isEqualTo(image.requestId());
        assertThat(read.key()).isEqualTo("camera-7");
        assertThat(new String(read.headers().lastHeader("content-type").value(), StandardCharsets.UTF_8))
                .isEqualTo("application/avro");
        assertThat(read.value().getRequestId()).isEqualTo(image.requestId());
        assertThat(read.value().getBytes()).isEqualTo(ByteBuffer.wrap(PIXELS));
        assertThat(read.value().getCreatedAt()).isEqualTo(receipt.createdAt());
        assertThat(read.value().getTags()).containsExactly(Map.entry("country", "NZ"));
    }

    @Test
    void givesEachImageItsOwnAnswerInWhateverOrderTheyCome() throws Exception {
        try (EchoWorker worker = EchoWorker.start(config, batch -> {
                    List<byte[]> answers = new ArrayList<>();
                    batch.forEach(request -> answers.add(EchoWorker.ok(request)));
                    Collections.reverse(answers);
                    return answers;
                });
                ImageClient client = ImageClient.connect(config)) {
            List<OutgoingImage> images = new ArrayList<>();
            List<CompletableFuture<Answer>> futures = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                OutgoingImage image = image();
                images.add(image);
                futures.add(client.publishAndAwait(image));
            }

            for (int i = 0; i < 500; i++) {
                Answer answer = futures.get(i).get();
                assertThat(answer.result().getRequestId())
                        .isEqualTo(images.get(i).requestId());
                assertThat(answer.endToEnd()).isPositive().isGreaterThanOrEqualTo(answer.publishDelay());
            }
            assertThat(worker.seen()).hasSize(500);
            assertThat(client.inFlight()).isZero();
        }
    }

    @Test
    void completesOnceWhenAnAnswerIsDeliveredTwice() throws Exception {
        AtomicInteger completions = new AtomicInteger();
        try (EchoWorker worker = EchoWorker.start(config, batch -> batch.stream()
                        .flatMap(request -> List.of(EchoWorker.ok(request), EchoWorker.ok(request)).stream())
                        .toList());
                ImageClient client = ImageClient.connect(config.withMaxInFlight(1))) {
            for (int i = 0; i < 20; i++) {
                client.publishAndAwait(image())
                        .thenRun(completions::incrementAndGet)
                        .get();
            }

            assertThat(completions).hasValue(20);
            assertThat(worker.seen()).hasSize(20);
            assertThat(client.inFlight()).isZero();
        }
    }

    @Test
    void failsOnlyTheImageThatIsNeverAnswered() throws Exception {
        try (EchoWorker worker = EchoWorker.start(config, batch -> batch.stream()
                        .filter(request -> !request.getRequestId().equals("lost"))
                        .map(EchoWorker::ok)
                        .toList());
                ImageClient client = ImageClient.connect(config.withTimeout(Duration.ofSeconds(2)))) {
            CompletableFuture<Answer> lost = client.publishAndAwait(image().withRequestId("lost"));
            CompletableFuture<Answer> other = client.publishAndAwait(image());

            assertThat(other).succeedsWithin(Duration.ofSeconds(2));
            assertThatThrownBy(lost::get)
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOf(TimeoutException.class)
                    .hasMessage("request lost: not answered (expected: within 2000 ms)");
            assertThat(client.inFlight()).isZero();
            assertThat(worker.seen()).hasSize(2);
        }
    }

    @Test
    void passesOverRecordsThatAreNoResult() throws Exception {
        byte[] garbage = "not a result".getBytes(StandardCharsets.UTF_8);
        try (EchoWorker worker = EchoWorker.start(config, batch -> batch.stream()
                        .flatMap(request -> List.of(garbage, EchoWorker.ok(request)).stream())
                        .toList());
                ImageClient client = ImageClient.connect(config)) {
            for (int i = 0; i < 5; i++) {
                client.publishAndAwait(image()).get();
            }

            await().untilAsserted(() -> assertThat(client.undecodableResults()).isEqualTo(5));
            assertThat(worker.seen()).hasSize(5);
        }
    }

    @Test
    void givesEachOfTwoClientsOnlyItsOwnAnswers() throws Exception {
        try (EchoWorker worker = EchoWorker.start(config);
                ImageClient one = ImageClient.connect(config);
                ImageClient two = ImageClient.connect(config)) {
            List<CompletableFuture<Answer>> futures = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                futures.add(one.publishAndAwait(image().withRequestId("one-" + i)));
                futures.add(two.publishAndAwait(image().withRequestId("two-" + i)));
            }

            for (int i = 0; i < 100; i++) {
                assertThat(futures.get(2 * i).get().result().getRequestId()).isEqualTo("one-" + i);
                assertThat(futures.get(2 * i + 1).get().result().getRequestId()).isEqualTo("two-" + i);
            }
            assertThat(worker.seen()).hasSize(200);
        }
    }

    @Test
    void holdsACallerBackWhileTooManyAreInFlight() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (EchoWorker worker = holding(release);
                ImageClient client =
                        ImageClient.connect(config.withMaxInFlight(2).withTimeout(Duration.ofSeconds(10)))) {
            CompletableFuture<Answer> first = client.publishAndAwait(image());
            CompletableFuture<Answer> second = client.publishAndAwait(image());
            FutureTask<CompletableFuture<Answer>> third = new FutureTask<>(() -> client.publishAndAwait(image()));
            Thread caller = new Thread(third);
            caller.start();

            await().until(() -> caller.getState() == Thread.State.TIMED_WAITING);
            assertThat(client.inFlight()).isEqualTo(2);
            release.countDown();

            assertThat(CompletableFuture.allOf(first, second, third.get())).succeedsWithin(Duration.ofSeconds(10));
            assertThat(worker.seen()).hasSize(3);
            caller.join();
        }
    }

    @Test
    void refusesAnImageWhenNoRoomComesInTime() throws Exception {
        CompletableFuture<Receipt> lingering;
        try (ImageClient client = ImageClient.connect(config.withMaxInFlight(1)
                .withTimeout(Duration.ofMillis(500))
                .withKafka(Map.of("linger.ms", "3600000")))) {
            lingering = client.publish(image());

            assertThatThrownBy(
                            () -> client.publish(image().withRequestId("late")).get())
                    .cause()
                    .isInstanceOf(PublishException.class)
                    .hasMessage("request late: not published: 1 in flight"
                            + " (expected: room for one more within 500 ms)");
            assertThat(client.inFlight()).isEqualTo(1);
        }
        assertThat(lingering).isCompleted();
    }

    @Test
    void letsADependentPublishTheNextImage() throws Exception {
        try (EchoWorker worker = EchoWorker.start(config);
                ImageClient client = ImageClient.connect(config.withMaxInFlight(1))) {
            Answer third = client.publishAndAwait(image())
                    .thenCompose(answer -> client.publishAndAwait(image()))
                    .thenCompose(answer -> client.publishAndAwait(image().withRequestId("third")))
                    .get(20, TimeUnit.SECONDS);

            assertThat(third.result().getRequestId()).isEqualTo("third");
            assertThat(worker.seen()).hasSize(3);
        }
    }

    @Test
    void letsADependentSayWhatAnImageShowedWhileNoMoreMayBeInFlight() throws Exception {
        try (EchoWorker worker = EchoWorker.start(config);
                ImageClient client = ImageClient.connect(config.withMaxInFlight(2))) {
            List<CompletableFuture<Receipt>> said = new ArrayList<>();
            // Each next one takes the room that an answer gives back, before that answer's dependent is done.
            for (int i = 0; i < 200; i++) {
                OutgoingImage image = image();
                said.add(client.publishAndAwait(image)
                        .thenCompose(answer -> client.feedback(image.requestId(), "cat", "test")));
            }
            for (CompletableFuture<Receipt> receipt : said) {
                assertThat(receipt.get().topic()).isEqualTo(config.topics().feedback());
            }
            assertThat(worker.seen()).hasSize(200);
        }
    }

    @Test
    void refusesAnIdThatIsAwaitedAlready() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (EchoWorker worker = holding(release);
                ImageClient client = ImageClient.connect(config)) {
            CompletableFuture<Answer> first = client.publishAndAwait(image().withRequestId("same"));
            CompletableFuture<Answer> second = client.publishAndAwait(image().withRequestId("same"));
            release.countDown();

            assertThatThrownBy(second::get)
                    .hasRootCauseMessage("requestId: same is awaited already (expected: an id of its own)");
            assertThat(first.get().result().getRequestId()).isEqualTo("same");
            assertThat(worker.seen()).hasSize(1);
        }
    }

    @Test
    void failsAnImageThatKafkaRefusesAndNamesIt() throws Exception {
        byte[] large = new byte[2 << 20];
        try (ImageClient client = ImageClient.connect(config)) {
            OutgoingImage image = OutgoingImage.png(large).withRequestId("large");

            for (CompletableFuture<?> refused : List.of(client.publish(image), client.publishAndAwait(image))) {
                assertThatThrownBy(refused::get)
                        .hasRootCauseInstanceOf(RecordTooLargeException.class)
                        .cause()
                        .isInstanceOf(PublishException.class)
                        .hasMessageStartingWith("request large: not published: ");
            }
            assertThat(client.inFlight()).isZero();
        }
    }

    @Test
    void failsOnlyTheImageThatTheBrokerFindsTooLarge() throws Exception {
        // Noise: what the client compresses below the broker's limit would be taken.
        byte[] large = new byte[2 << 20];
        new Random(19).nextBytes(large);
        ClientConfig generous = config.withKafka(Map.of("max.request.size", Integer.toString(4 << 20)));
        try (EchoWorker worker = EchoWorker.start(config);
                ImageClient client = ImageClient.connect(generous)) {
            CompletableFuture<Receipt> refused =
                    client.publish(OutgoingImage.png(large).withRequestId("large"));

            assertThatThrownBy(refused::get)
                    .hasRootCauseInstanceOf(RecordTooLargeException.class)
                    .cause()
                    .isInstanceOf(PublishException.class)
                    .hasMessageStartingWith("request large: not published: ");
            assertThat(client.publishAndAwait(image())).succeedsWithin(Duration.ofSeconds(20));
            assertThat(worker.seen()).hasSize(1);
            assertThat(client.inFlight()).isZero();
        }
    }

    @Test
    void closeFlushesWhatWasPublished() throws Exception {
        List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
        // Without close() nothing would be sent within the hour, but for a full batch.
        try (ImageClient client = ImageClient.connect(config.withKafka(Map.of("linger.ms", "3600000")))) {
            for (int i = 0; i < 10; i++) {
                receipts.add(client.publish(image()));
            }
            assertThat(receipts).noneMatch(CompletableFuture::isDone);
        }

        assertThat(receipts).allMatch(receipt -> receipt.isDone() && !receipt.isCompletedExceptionally());
    }

    @Test
    void closeWaitsForTheAnswersUnderWay() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (EchoWorker worker = holding(release)) {
            ImageClient client = ImageClient.connect(config);
            CompletableFuture<Answer> underWay = client.publishAndAwait(image());
            Thread closer = new Thread(client::close);
            closer.start();
            await().until(() -> closer.getState() == Thread.State.TIMED_WAITING);

            assertThat(underWay).isNotDone();
            release.countDown();
            closer.join();

            assertThat(underWay).isCompleted();
            assertThat(worker.seen()).hasSize(1);
        }
    }

    @Test
    void closeFailsWhatIsNotAnsweredInTimeAndTakesNoMore() throws Exception {
        ImageClient client = ImageClient.connect(config);
        CompletableFuture<Answer> unanswered = client.publishAndAwait(image().withRequestId("left"));

        client.close(Duration.ofMillis(300));
        client.close();

        assertThatThrownBy(unanswered::get)
                .hasRootCauseInstanceOf(TimeoutException.class)
                .hasRootCauseMessage("request left: not answered when the client closed (waited 300 ms)");
        assertThatThrownBy(() -> client.publish(image().withRequestId("more")).get())
                .hasRootCauseMessage("request more: not published: the client is closed");
        assertThatThrownBy(() ->
                        client.publishAndAwait(image().withRequestId("more")).get())
                .hasRootCauseMessage("request more: not published: the client is closed");
        assertThat(client.inFlight()).isZero();
    }

    @Test
    void givesNoAnswerThatAWorkerTookBack() throws Exception {
        try (ImageClient client = ImageClient.connect(config);
                KafkaProducer<byte[], byte[]> worker = new KafkaProducer<>(
                        Map.of(
                                "bootstrap.servers",
                                config.bootstrapServers(),
                                "transactional.id",
                                config.topicPrefix()),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            CompletableFuture<Answer> answer = client.publishAndAwait(image().withRequestId("once"));
            worker.initTransactions();
            worker.beginTransaction();
            worker.send(new ProducerRecord<>(
                            config.topics().results(), 0, null, EchoWorker.encode(taggedResult("once", "aborted"))))
                    .get();
            worker.abortTransaction();
            worker.beginTransaction();
            worker.send(new ProducerRecord<>(
                            config.topics().results(), 0, null, EchoWorker.encode(taggedResult("once", "committed"))))
                    .get();
            worker.commitTransaction();

            assertThat(answer.get().result().getWorker()).isEqualTo("committed");
        }
    }

    @Test
    void readsAnswersOnPartitionsAddedLater() throws Exception {
        try (ImageClient client = ImageClient.connect(config.withKafka(Map.of("metadata.max.age.ms", "200")));
                Admin admin = Admin.create(Map.of("bootstrap.servers", config.bootstrapServers()));
                KafkaProducer<byte[], byte[]> worker = new KafkaProducer<>(
                        Map.of("bootstrap.servers", config.bootstrapServers(), "metadata.max.age.ms", "200"),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            CompletableFuture<Answer> answer = client.publishAndAwait(image().withRequestId("moved"));
            admin.createPartitions(Map.of(config.topics().results(), NewPartitions.increaseTo(3)))
                    .all()
                    .get();
            await().until(() -> worker.partitionsFor(config.topics().results()).size() == 3);
            worker.send(new ProducerRecord<>(
                            config.topics().results(), 2, null, EchoWorker.encode(EchoWorker.result("moved"))))
                    .get();

            assertThat(answer).succeedsWithin(Duration.ofSeconds(20));
        }
    }

    @Test
    void saysHowToCreateAMissingTopic() {
        ClientConfig bare = config.withTopicPrefix("absent.");

        assertThatExceptionOfType(MissingTopicException.class)
                .isThrownBy(() -> ImageClient.connect(bare))
                .withMessage("topic: absent.requests (expected: an existing topic; run: millrace topics --bootstrap "
                        + config.bootstrapServers() + " --prefix absent.)");
    }

    @Test
    @Timeout(10)
    void saysThatNoBrokerAnswers() {
        assertThatExceptionOfType(BrokerUnreachableException.class)
                .isThrownBy(() -> ImageClient.connect(ClientConfig.of("127.0.0.1:1")))
                .withMessageStartingWith("bootstrap: 127.0.0.1:1 (expected: ");
    }

    private EchoWorker holding(CountDownLatch release) {
        return EchoWorker.start(config, batch -> {
            try {
                if (!batch.isEmpty()) {
                    assertThat(release.await(30, TimeUnit.SECONDS)).isTrue();
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return batch.stream().map(EchoWorker::ok).toList();
        });
    }

    private ConsumerRecord<String, ImageRequest> readRequest(Receipt receipt) {
        try (KafkaConsumer<String, ImageRequest> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", config.bootstrapServers()),
                new StringDeserializer(),
                new WireDeserializer<>(ImageRequest.class))) {
            TopicPartition partition = new TopicPartition(receipt.topic(), receipt.partition());
            consumer.assign(List.of(partition));
            consumer.seek(partition, receipt.offset());
            List<ConsumerRecord<String, ImageRequest>> records =
                    consumer.poll(Duration.ofSeconds(10)).records(partition);
            assertThat(records).hasSize(1);
            return records.get(0);
        }
    }

    private static dev.millrace.schemas.InferenceResult taggedResult(String requestId, String worker) {
        var result = EchoWorker.result(requestId);
        result.setWorker(worker);
        return result;
    }

    private static OutgoingImage image() {
        return OutgoingImage.raw(PIXELS, 2, 2, 1);
    }
}

package dev.millrace.producer;

import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.ScoredLabel;
import dev.millrace.schemas.StageTimings;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.TrustedRecords;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireTerms;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;

/**
 * The least a worker can be: reads every request from the oldest on, and publishes what {@code answers} makes of each
 * polled batch. One thread of its own.
 */
public final class EchoWorker implements AutoCloseable {
    static {
        TrustedRecords.install();
    }

    private final Topics topics;
    private final Function<List<ImageRequest>, List<byte[]>> answers;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final KafkaProducer<byte[], byte[]> producer;
    private final WireTerms wire;
    private final WireCodec<ImageRequest> requests;
    private final List<ImageRequest> seen = new CopyOnWriteArrayList<>();
    private final Thread thread = new Thread(this::run, "echo-worker");
    private volatile boolean stopping;

    private EchoWorker(ClientConfig config, Function<List<ImageRequest>, List<byte[]>> answers) {
        this.answers = answers;
        topics = config.topics();
        wire = WireTerms.from(config.kafka());
        requests = new WireCodec<>(ImageRequest.class, wire);
        Map<String, Object> address = Map.of("bootstrap.servers", config.bootstrapServers());
        consumer = new KafkaConsumer<>(address, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        producer = new KafkaProducer<>(address, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** Answers each batch with the records that {@code answers} gives. */
    public static EchoWorker start(ClientConfig config, Function<List<ImageRequest>, List<byte[]>> answers) {
        EchoWorker worker = new EchoWorker(config, answers);
        worker.thread.start();
        return worker;
    }

    /** Answers every request once, with OK. */
    public static EchoWorker start(ClientConfig config) {
        return start(config, batch -> batch.stream().map(EchoWorker::ok).toList());
    }

    private void run() {
        try (wire;
                consumer;
                producer) {
            // A topic just created may not be known everywhere yet.
            List<TopicPartition> partitions = Awaitility.await().until(this::partitions, found -> !found.isEmpty());
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (!stopping) {
                List<ImageRequest> batch = new ArrayList<>();
                for (ConsumerRecord<byte[], byte[]> entry : consumer.poll(Duration.ofMillis(50))) {
                    batch.add(requests.decode(entry.value()));
                }
                seen.addAll(batch);
                for (byte[] answer : answers.apply(batch)) {
                    var unused = producer.send(new ProducerRecord<>(topics.results(), answer));
                }
            }
        } catch (MalformedRecordException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<TopicPartition> partitions() {
        return consumer.partitionsFor(topics.requests()).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
    }

    /** Every request so far, in the order of arrival. */
    public List<ImageRequest> seen() {
        return List.copyOf(seen);
    }

    /** An OK result on the wire. */
    public static byte[] ok(ImageRequest request) {
        return encode(result(request.getRequestId()));
    }

    /** {@code result} on the wire. */
    public static byte[] encode(InferenceResult result) {
        return new WireCodec<>(InferenceResult.class).encode(result);
    }

    /** An OK result. */
    public static InferenceResult result(String requestId) {
        return InferenceResult.newBuilder()
                .setRequestId(requestId)
                .setSourceTopic("requests")
                .setSourcePartition(0)
                .setSourceOffset(7)
                .setStatus(ResultStatus.OK)
                .setModel("fashion-mnist")
                .setVersion(1)
                .setSha256("ab".repeat(32))
                .setPrecision("int8")
                .setDevice("cpu:0")
                .setLabels(List.of(new ScoredLabel(9, "Ankle boot", 0.9931f)))
                .setTimings(new StageTimings(1_000L, 20L, 30L, 450L))
                .setCompletedAt(Instant.now())
                .setBatchSize(1)
                .setWorker("echo")
                .setLane(0)
                .setArm(RolloutArm.CHAMPION)
                .build();
    }

    @Override
    public void close() {
        stopping = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package dev.millrace.trainer.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.Feedback;
import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.ScoredLabel;
import dev.millrace.schemas.StageTimings;
import dev.millrace.schemas.confluent.RegistryServer;
import dev.millrace.schemas.confluent.RegistryServer.Mood;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.SchemaUnresolvedException;
import dev.millrace.schemas.wire.WireSerializer;
import dev.millrace.schemas.wire.WireTerms;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.replay.Fetched;
import dev.millrace.trainer.replay.ReplayBuffer;
import dev.millrace.trainer.replay.ReplaySpec;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a trainer keeps of a stream whose requests, results and labels are in Confluent's framing. */
@Timeout(120)
class StreamWatchIT {
    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

    private static final int REQUESTS = 30;

    @TempDir
    Path folder;

    private final Topics topics = new Topics(KafkaBroker.freshPrefix());
    private final Instant begin = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    private RegistryServer schemas;
    private Map<String, Object> client;
    private KafkaProducer<String, SpecificRecord> producer;
    private ModelManifest champion;
    private ReplayBuffer buffer;

    @BeforeEach
    void sendWhatWasAskedAnsweredAndObserved() throws Exception {
        schemas = new RegistryServer();
        client = Map.of(
                "bootstrap.servers",
                BROKER.bootstrapServers(),
                WireTerms.FORMAT,
                "confluent",
                WireTerms.REGISTRY_URL,
                schemas.url());
        try (Admin admin = Admin.create(client)) {
            new TopicProvisioner(admin).createMissing(topics.catalogue(2, (short) 1));
        }
        champion = ManifestDraft.of(BundledModels.read(BundledModels.FASHION_MNIST), null, null)
                .withVersion(1, begin);
        buffer = ReplayBuffer.open(
                folder.resolve("buffer"), new ReplaySpec(StreamWatch.shape(champion), champion.getLabels(), 1_000));
        producer = new KafkaProducer<>(client, new StringSerializer(), new WireSerializer(WireTerms.from(client)));
        for (int i = 0; i < REQUESTS; i++) {
            RecordMetadata request = send(topics.requests(), i, request(i));
            send(topics.results(), i, result(i, request));
            String id = "r" + i;
            send(topics.feedback(), i, new Feedback(id, champion.getLabels().get(1), begin, "ann", "", -1, -1L));
        }
    }

    @AfterEach
    void close() throws Exception {
        producer.close();
        buffer.close();
        schemas.close();
    }

    @Test
    void keepsTheImagesWhoseLabelsCame() throws Exception {
        assertThat(schemas.subjects())
                .containsExactlyInAnyOrder(
                        topics.requests() + "-value", topics.results() + "-value", topics.feedback() + "-value");
        try (StreamWatch watch = watch()) {
            await().atMost(Duration.ofSeconds(60)).until(watch::readOn);

            assertThat(watch.fetched()).isEqualTo(new Fetched(REQUESTS, 0, 0, 0));
            assertThat(watch.labels().seen()).isEqualTo(REQUESTS);
        }
        assertThat(buffer.size(1)).isEqualTo(REQUESTS);
    }

    /** Whoever watches begins anew then, from the same time. */
    @Test
    void saysThatTheRegistryIsAwayAndKeepsAllOnceItIsBack() throws Exception {
        schemas.mood(Mood.BROKEN);
        try (StreamWatch watch = watch()) {
            assertThatThrownBy(() -> await().atMost(Duration.ofSeconds(60)).until(watch::readOn))
                    .isInstanceOf(SchemaUnresolvedException.class)
                    .hasMessageContaining("status 500");
        }
        assertThat(buffer.size()).isZero();

        schemas.mood(Mood.WELL);
        try (StreamWatch watch = watch()) {
            await().atMost(Duration.ofSeconds(60)).until(watch::readOn);
        }
        assertThat(buffer.size(1)).isEqualTo(REQUESTS);
    }

    private StreamWatch watch() {
        return new StreamWatch(client, topics, champion, 100, buffer, begin.minusSeconds(1));
    }

    private RecordMetadata send(String topic, int number, SpecificRecord value) throws Exception {
        return producer.send(new ProducerRecord<>(topic, "r" + number, value)).get();
    }

    private ImageRequest request(int number) {
        byte[] pixels = new byte[28 * 28];
        pixels[number] = (byte) 255;
        return new ImageRequest(
                "r" + number,
                "",
                null,
                ImageEncoding.RAW_U8,
                28,
                28,
                1,
                ByteBuffer.wrap(pixels),
                null,
                begin,
                null,
                Map.of());
    }

    private InferenceResult result(int number, RecordMetadata request) {
        return InferenceResult.newBuilder()
                .setRequestId("r" + number)
                .setSourceTopic(request.topic())
                .setSourcePartition(request.partition())
                .setSourceOffset(request.offset())
                .setStatus(ResultStatus.OK)
                .setModel(champion.getName())
                .setVersion(Integer.valueOf(1))
                .setLabels(List.of(new ScoredLabel(1, champion.getLabels().get(1), 0.9f)))
                .setTimings(new StageTimings(0L, 10L, 0L, 900L))
                .setCompletedAt(begin)
                .setBatchSize(1)
                .setWorker("w1")
                .setLane(0)
                .setArm(RolloutArm.CHAMPION)
                .build();
    }
}

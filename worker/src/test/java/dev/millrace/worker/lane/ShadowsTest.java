package dev.millrace.worker.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.TrialKind;
import dev.millrace.schemas.registry.Split;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireTerms;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.model.LiveModel;
import dev.millrace.worker.model.TinyModels;
import dev.millrace.worker.publish.ShadowPublisher;
import dev.millrace.worker.telemetry.WorkerMeters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ShadowsTest {
    private static final String TOPIC = "results.shadow";

    private final TrialScene scene = new TrialScene();
    private final AtomicInteger dropped = new AtomicInteger();
    private final MockProducer<byte[], byte[]> broker =
            new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    private final ShadowPublisher publisher = publisher(broker);
    private final Shadows shadows = shadows(publisher);

    @BeforeEach
    void beginATrial() throws Exception {
        scene.load(1);
        scene.follow(1, TrialScene.trial(TrialKind.SHADOW, 2, Split.WHOLE), 20);
        publisher.open();
    }

    @AfterEach
    void giveEveryLeaseBack() {
        assertThat(scene.leases()).isZero();
        scene.close();
    }

    @Test
    void publishesNothingButWhatTheChallengerWouldHaveAnsweredUnderTheKeysOfTheRequests() throws Exception {
        scene.load(2);
        int more = TrialScene.MAX_BATCH + 2;
        for (int i = 0; i < more; i++) {
            see(i);
        }
        assertThat(broker.history()).as("before the turn is over").isEmpty();

        shadows.run();

        assertThat(broker.history()).hasSize(more).allSatisfy(record -> {
            assertThat(record.topic()).isEqualTo(TOPIC);
            assertThat(record.key()).asString().startsWith("key-");
        });
        assertThat(results()).extracting(InferenceResult::getSourceOffset).containsExactly(0L, 1L, 2L, 3L, 4L, 5L);
        assertThat(results()).allSatisfy(result -> {
            assertThat(result.getStatus()).isEqualTo(ResultStatus.OK);
            assertThat(result.getVersion()).isEqualTo(2);
            assertThat(result.getArm()).isEqualTo(RolloutArm.SHADOW);
            assertThat(result.getEpoch()).isEqualTo(20);
            assertThat(result.getLabels().get(0).getIndex()).isEqualTo(2);
        });
    }

    @Test
    void runsWhatItSawOnce() throws Exception {
        scene.load(2);
        see(0);

        shadows.run();
        shadows.run();

        assertThat(broker.history()).hasSize(1);
    }

    @Test
    void keepsNothingOfATurnThatFailed() throws Exception {
        scene.load(2);
        see(0);
        shadows.forget();
        see(1);

        shadows.run();

        assertThat(results()).extracting(InferenceResult::getSourceOffset).containsExactly(1L);
    }

    @Test
    void tellsTheFailuresOfAChallengerToNobodyElse() throws Exception {
        scene.load(
                2,
                TinyModels.failingAbove(
                        1, TinyModels.classifier(TrialScene.SIDE, TrialScene.SIDE, 1, TrialScene.CLASSES)));
        see(0);
        see(1);

        shadows.run();

        assertThat(results()).hasSize(2).allSatisfy(result -> {
            assertThat(result.getStatus()).isEqualTo(ResultStatus.FAILED);
            assertThat(result.getErrorClass()).isEqualTo("INFERENCE_FAILED");
        });
    }

    @Test
    void tellsOfAnImageThatTheChallengerDoesNotTake() throws Exception {
        scene.load(2, TinyModels.classifier(5, 5, 1, TrialScene.CLASSES));
        see(0);

        shadows.run();

        assertThat(results()).hasSize(1).allSatisfy(result -> {
            assertThat(result.getStatus()).isEqualTo(ResultStatus.REJECTED);
            assertThat(result.getVersion()).isEqualTo(2);
        });
    }

    @Test
    void passesOverAChallengerThatWasRetiredMeanwhile() throws Exception {
        scene.load(2);
        see(0);
        LiveModel challenger = scene.models.versions().stream()
                .filter(version -> version.spec().version() == 2)
                .findFirst()
                .orElseThrow();
        scene.models.retire(TrialScene.MODEL, 2);

        shadows.run();

        assertThat(broker.history()).isEmpty();
        assertThat(challenger.isClosed()).isTrue();
    }

    @Test
    void countsWhatTheProducerRefusesAndGoesOn() throws Exception {
        scene.load(2);
        broker.sendException = new KafkaException("no room");
        see(0);
        see(1);
        shadows.run();
        assertThat(dropped).hasValue(2);

        broker.sendException = null;
        see(2);
        shadows.run();

        assertThat(results()).extracting(InferenceResult::getSourceOffset).containsExactly(2L);
        assertThat(dropped).hasValue(2);
    }

    @Test
    void countsWhatItCannotPublishBeforeThereIsAProducer() throws Exception {
        scene.load(2);
        Shadows early = shadows(publisher(broker));
        early.see(taken(0), TrialScene.request("r0"), image());

        early.run();

        assertThat(broker.history()).isEmpty();
        assertThat(dropped).hasValue(1);
    }

    @Test
    void waitsForNoBrokerThatIsAway() throws Exception {
        scene.load(2);
        Map<String, Object> away = Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                "127.0.0.1:1",
                ProducerConfig.MAX_BLOCK_MS_CONFIG,
                0,
                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                false);
        try (Producer<byte[], byte[]> producer =
                new KafkaProducer<>(away, new ByteArraySerializer(), new ByteArraySerializer())) {
            ShadowPublisher toNobody = publisher(producer);
            toNobody.open();
            Shadows blind = shadows(toNobody);
            for (int i = 0; i < 100; i++) {
                blind.see(taken(i), TrialScene.request("r" + i), image());
            }

            blind.run();

            assertThat(dropped).as("told before it returns").hasValue(100);
        }
    }

    private void see(int offset) {
        ImageRequest request = TrialScene.request("r" + offset);
        shadows.see(taken(offset), request, image());
    }

    private static Taken taken(int offset) {
        return new Taken(
                TrialScene.source(offset, "key-" + offset), Instant.now(), System.nanoTime(), new InOrder().next());
    }

    private static EncodedImage image() {
        return EncodedImage.raw(
                TrialScene.SIDE,
                TrialScene.SIDE,
                1,
                TinyModels.image(TrialScene.SIDE, TrialScene.SIDE, 1, TrialScene.CLASSES, 0, 2));
    }

    private List<InferenceResult> results() throws MalformedRecordException {
        WireCodec<InferenceResult> codec = new WireCodec<>(InferenceResult.class);
        List<InferenceResult> results = new ArrayList<>();
        for (var record : broker.history()) {
            results.add(codec.decode(record.value()));
        }
        return results;
    }

    private ShadowPublisher publisher(Producer<byte[], byte[]> producer) {
        return new ShadowPublisher(() -> producer, TOPIC, dropped::incrementAndGet);
    }

    private Shadows shadows(ShadowPublisher to) {
        return new Shadows(
                scene.router,
                new Answers("w", 0),
                to,
                WireTerms.singleObject(),
                new WorkerMeters(new SimpleMeterRegistry()));
    }
}

package dev.millrace.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.confluent.RegistryServer;
import dev.millrace.schemas.confluent.RegistryServer.Mood;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireTerms;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A client whose requests and answers are in Confluent's framing. */
@ExtendWith(KafkaBroker.class)
class ConfluentClientIT {
    private RegistryServer registry;
    private ClientConfig config;

    @BeforeEach
    void prepare(KafkaBroker broker) throws Exception {
        registry = new RegistryServer();
        Topics topics = new Topics(KafkaBroker.freshPrefix());
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            new TopicProvisioner(admin).createMissing(topics.catalogue(2, (short) -1));
        }
        config = ClientConfig.of(broker.bootstrapServers())
                .withTopicPrefix(topics.prefix())
                .withKafka(Map.of(WireTerms.FORMAT, "confluent", WireTerms.REGISTRY_URL, registry.url()));
    }

    @AfterEach
    void clear() {
        registry.close();
    }

    private static OutgoingImage image() {
        return OutgoingImage.raw(new byte[4], 2, 2, 1);
    }

    @Test
    void asksAndIsAnsweredInConfluentsFraming() throws Exception {
        try (WireTerms wire = WireTerms.from(config.kafka());
                EchoWorker worker = EchoWorker.start(config, batch -> framed(wire, batch));
                ImageClient client = ImageClient.connect(config)) {
            OutgoingImage image = image();

            Answer answer = client.publishAndAwait(image).get();

            assertThat(answer.result().getRequestId()).isEqualTo(image.requestId());
            assertThat(worker.seen()).hasSize(1);
            assertThat(client.undecodableResults()).isZero();
        }
        assertThat(registry.subjects())
                .containsExactly(
                        config.topics().requests() + "-value", config.topics().results() + "-value");
    }

    @Test
    void failsOneImageAndNotTheNextWhenTheRegistryIsAway() throws Exception {
        registry.mood(Mood.BROKEN);
        try (ImageClient client = ImageClient.connect(config)) {
            CompletableFuture<Receipt> refused = client.publish(image());
            assertThatThrownBy(refused::get)
                    .isInstanceOf(ExecutionException.class)
                    .hasMessageContaining("status 500");
            assertThat(client.inFlight()).isZero();

            registry.mood(Mood.WELL);
            await().ignoreExceptions().until(() -> client.publish(image()).get() != null);
        }
    }

    private List<byte[]> framed(WireTerms wire, List<ImageRequest> batch) {
        WireCodec<InferenceResult> codec = new WireCodec<>(InferenceResult.class, wire);
        return batch.stream()
                .map(request -> codec.encode(
                        EchoWorker.result(request.getRequestId()),
                        config.topics().results()))
                .toList();
    }
}

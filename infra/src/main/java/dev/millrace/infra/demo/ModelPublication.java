package dev.millrace.infra.demo;

import dev.millrace.schemas.ChannelOrder;
import dev.millrace.schemas.ElementType;
import dev.millrace.schemas.InputSpec;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.Task;
import dev.millrace.schemas.TensorLayout;
import dev.millrace.schemas.manifest.ArtifactChunks;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.WireSerializer;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import java.security.KeyPair;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Publishes a first version on topics that nobody else writes: artifact chunks, signed manifest, champion. */
final class ModelPublication {
    private static final int VERSION = 1;

    private final String bootstrap;
    private final ManifestSigner signer;
    private final Topics topics = Topics.standard();
    private final WireSerializer wire = new WireSerializer();

    ModelPublication(String bootstrap, KeyPair keys) {
        this.bootstrap = bootstrap;
        this.signer = new ManifestSigner(keys.getPrivate(), keys.getPublic());
    }

    /** Returns name and version once the brokers have everything. */
    String publish(byte[] onnx) throws ModelRefusedException, InterruptedException, ExecutionException {
        ModelSpec spec = ModelSpec.describe(onnx);
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        try (Producer<String, byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrap), new StringSerializer(), new ByteArraySerializer())) {
            for (ArtifactChunks.Chunk chunk : ArtifactChunks.split(onnx)) {
                send(producer, topics.artifacts(), chunk.key(), chunk.value());
            }
            send(
                    producer,
                    topics.control(),
                    new ControlKey.Model(spec.name(), VERSION).toString(),
                    encode(signer.sign(manifest(spec, now))));
            send(
                    producer,
                    topics.control(),
                    new ControlKey.RolloutOf(spec.name()).toString(),
                    encode(new Rollout(spec.name(), VERSION, now, "demo", "")));
        }
        return spec.name() + " v" + VERSION;
    }

    private static ModelManifest manifest(ModelSpec spec, Instant now) {
        return new ModelManifest(
                spec.name(),
                VERSION,
                Task.CLASSIFICATION,
                new InputSpec(
                        spec.inputTensor(),
                        ElementType.valueOf(spec.elementType().name()),
                        TensorLayout.valueOf(spec.pixels().layout().name()),
                        spec.pixels().height(),
                        spec.pixels().width(),
                        spec.pixels().channels(),
                        ChannelOrder.valueOf(spec.pixels().order().name()),
                        spec.mean(),
                        spec.scale(),
                        spec.fixedBatch()),
                spec.outputTensor(),
                spec.labels(),
                spec.precision(),
                "kafka:",
                spec.bytes(),
                spec.sha256(),
                Map.of(),
                Map.of(),
                now);
    }

    private byte[] encode(SpecificRecord value) {
        return Objects.requireNonNull(wire.serialize("", value));
    }

    private static void send(Producer<String, byte[]> producer, String topic, String key, byte[] value)
            throws InterruptedException, ExecutionException {
        producer.send(new ProducerRecord<>(topic, key, value)).get();
    }
}

package dev.millrace.worker.artifact;

import dev.millrace.schemas.manifest.ArtifactAssembly;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** The artifacts topic: chunks, which are put together. */
final class KafkaArtifacts implements ArtifactSource {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Supplier<Consumer<String, byte[]>> consumers;
    private final TopicPartition partition;

    /** @param consumers makes a consumer without a group for each artifact */
    KafkaArtifacts(Supplier<Consumer<String, byte[]>> consumers, String topic) {
        this.consumers = consumers;
        this.partition = new TopicPartition(topic, 0);
    }

    @Override
    public byte[] read(Wanted wanted) throws IOException {
        ArtifactAssembly assembly = new ArtifactAssembly(wanted.sha256(), wanted.bytes(), wanted.bytes());
        try (Consumer<String, byte[]> consumer = consumers.get()) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            // Every chunk was acknowledged before the manifest was written, so the end as of now covers them all.
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (!assembly.complete() && consumer.position(partition) < end) {
                if (System.nanoTime() > deadline) {
                    throw new RetriableFetchException(
                            "artifact " + wanted.sha256() + ": not read within " + PATIENCE.toSeconds() + " s");
                }
                for (ConsumerRecord<String, byte[]> chunk : consumer.poll(POLL)) {
                    assembly.offer(chunk.key(), chunk.value());
                }
            }
        }
        return assembly.bytes();
    }

    @Override
    public boolean worthCaching() {
        return true;
    }
}

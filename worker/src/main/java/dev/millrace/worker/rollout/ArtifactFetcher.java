package dev.millrace.worker.rollout;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.manifest.ArtifactAssembly;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Reads a model's ONNX bytes from the artifacts topic. The bytes it returns are the bytes whose SHA-256 was checked. */
final class ArtifactFetcher {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Supplier<Consumer<String, byte[]>> consumers;
    private final TopicPartition partition;
    private final long limitBytes;

    /**
     * Wires the fetcher.
     *
     * @param consumers makes a consumer without a group for each fetch
     * @param limitBytes the largest artifact to accept
     */
    ArtifactFetcher(Supplier<Consumer<String, byte[]>> consumers, String topic, long limitBytes) {
        this.consumers = consumers;
        this.partition = new TopicPartition(topic, 0);
        this.limitBytes = limitBytes;
    }

    /**
     * The artifact that {@code manifest} announces.
     *
     * @throws RetriableFetchException when the broker does not deliver it in time
     * @throws IOException when it is elsewhere, too large, incomplete, or not the announced bytes
     */
    byte[] fetch(ModelManifest manifest) throws IOException {
        if (!manifest.getArtifact().equals("kafka:")) {
            throw new IOException("artifact: " + manifest.getArtifact() + " (expected: kafka:)");
        }
        ArtifactAssembly assembly = new ArtifactAssembly(manifest.getSha256(), manifest.getBytes(), limitBytes);
        try (Consumer<String, byte[]> consumer = consumers.get()) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            // Every chunk was acknowledged before the manifest was written, so the end as of now covers them all.
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (!assembly.complete() && consumer.position(partition) < end) {
                if (System.nanoTime() > deadline) {
                    throw new RetriableFetchException(
                            "artifact " + manifest.getSha256() + ": not read within " + PATIENCE.toSeconds() + " s");
                }
                for (ConsumerRecord<String, byte[]> chunk : consumer.poll(POLL)) {
                    assembly.offer(chunk.key(), chunk.value());
                }
            }
        }
        return assembly.bytes();
    }
}

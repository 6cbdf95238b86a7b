package dev.millrace.worker.artifact;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.manifest.ArtifactPlace;
import java.io.IOException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.jspecify.annotations.Nullable;

/** The ONNX bytes of versions, wherever their manifests say that they are. Belongs to one thread at a time. */
public final class Artifacts {
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final KafkaArtifacts kafka;
    private final long limitBytes;
    private final @Nullable ArtifactCache cache;
    private final HttpClient http;

    /**
     * Connects to nothing yet.
     *
     * @param consumers makes a consumer without a group for each artifact that comes over Kafka
     * @param topic the artifacts topic
     * @param limitBytes the largest artifact to accept
     * @param cache null: none
     */
    public Artifacts(
            Supplier<Consumer<String, byte[]>> consumers,
            String topic,
            long limitBytes,
            @Nullable ArtifactCache cache) {
        this(
                consumers,
                topic,
                limitBytes,
                cache,
                HttpClient.newBuilder()
                        .followRedirects(HttpClient.Redirect.NORMAL)
                        .connectTimeout(CONNECT)
                        .build());
    }

    Artifacts(
            Supplier<Consumer<String, byte[]>> consumers,
            String topic,
            long limitBytes,
            @Nullable ArtifactCache cache,
            HttpClient http) {
        this.kafka = new KafkaArtifacts(consumers, topic);
        this.limitBytes = limitBytes;
        this.cache = cache;
        this.http = http;
    }

    /**
     * The artifact that {@code manifest} announces: these very bytes have its SHA-256.
     *
     * @throws RetriableFetchException when it cannot be had just now
     * @throws IOException when it is nowhere that is read from, too large, incomplete, or not the announced bytes
     */
    public byte[] fetch(ModelManifest manifest) throws IOException {
        Wanted wanted = Wanted.of(manifest, limitBytes);
        ArtifactSource source = source(manifest.getArtifact());
        if (cache == null || !source.worthCaching()) {
            return source.read(wanted);
        }
        Optional<byte[]> cached = cache.read(wanted);
        if (cached.isPresent()) {
            return cached.get();
        }
        byte[] bytes = source.read(wanted);
        cache.keep(wanted, bytes);
        return bytes;
    }

    private ArtifactSource source(String text) throws IOException {
        try {
            ArtifactPlace place = ArtifactPlace.parse(text);
            return switch (place.kind()) {
                case KAFKA -> kafka;
                case FILE -> new FileArtifacts(place.uri());
                case HTTPS -> new HttpArtifacts(http, place.uri(), PATIENCE);
            };
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}

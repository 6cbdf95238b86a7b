package dev.millrace.worker.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.wire.GoldenRecords;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtifactsTest {
    private static final byte[] ARTIFACT = {1, 2, 3, 4, 5};

    @TempDir
    private Path dir = Path.of("");

    private Path file = Path.of("");

    @BeforeEach
    void write() throws IOException {
        file = Files.write(dir.resolve("model of ours.onnx"), ARTIFACT);
    }

    @Test
    void readsAFile() throws Exception {
        assertThat(artifacts(100).fetch(manifest(file.toUri().toString()))).isEqualTo(ARTIFACT);
    }

    @Test
    void refusesAFileThatIsNotTheOneAnnounced() throws Exception {
        String place = file.toUri().toString();
        Files.write(file, new byte[] {1, 2, 3, 4, 6});
        assertThatThrownBy(() -> artifacts(100).fetch(manifest(place)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("(expected: " + ManifestKeys.sha256(ARTIFACT) + ")");
        Files.write(file, Arrays.copyOf(ARTIFACT, 4));
        assertThatThrownBy(() -> artifacts(100).fetch(manifest(place))).hasMessageContaining("4 bytes (expected: 5)");
        Files.write(file, Arrays.copyOf(ARTIFACT, 6));
        assertThatThrownBy(() -> artifacts(100).fetch(manifest(place))).hasMessageContaining("6 bytes (expected: 5)");
        Files.delete(file);
        assertThatThrownBy(() -> artifacts(100).fetch(manifest(place)))
                .hasMessageContaining("(expected: a file that is there)");
        assertThatThrownBy(() -> artifacts(100).fetch(manifest("file:///dev/zero")))
                .hasMessageContaining("(expected: a file that is there)");
    }

    @Test
    void refusesPlacesThatItDoesNotReadFrom() {
        for (String place : new String[] {
            "http://localhost/model.onnx",
            "ftp://host/model.onnx",
            "model.onnx",
            "",
            "kafka",
            "jar:file:///x!/y",
            "%",
            "file://server/share/model.onnx",
            "file:model.onnx",
            "https:///model.onnx",
            "https://user:secret@host/model.onnx"
        }) {
            assertThatThrownBy(() -> artifacts(100).fetch(manifest(place)))
                    .isInstanceOf(IOException.class)
                    .hasMessage("artifact: " + place
                            + " (expected: kafka:, file:///PATH, or https://HOST/PATH without a password)");
        }
    }

    @Test
    void refusesASizeOrAHashThatCannotBeBeforeItReadsAnything() {
        ModelManifest large = manifest(file.toUri().toString());
        assertThatThrownBy(() -> artifacts(4).fetch(large)).hasMessage("artifact size: 5 bytes (expected: 1 to 4)");
        ModelManifest path = manifest(file.toUri().toString());
        path.setSha256("../../etc/passwd");
        assertThatThrownBy(() -> artifacts(100).fetch(path))
                .hasMessage("artifact sha256: ../../etc/passwd (expected: 64 lower-case hex digits)");
    }

    @Test
    void servesWhatTheCacheHasWithoutTheServer() throws Exception {
        Path cache = dir.resolve("cache");
        String place;
        try (TestServer server =
                new TestServer(TestServer.certified(dir), exchange -> TestServer.answer(exchange, ARTIFACT))) {
            place = server.url("/model.onnx");
            assertThat(artifacts(cache, server.client()).fetch(manifest(place))).isEqualTo(ARTIFACT);
            assertThat(artifacts(cache, server.client()).fetch(manifest(place))).isEqualTo(ARTIFACT);
            assertThat(server.ranges).hasSize(1);
        }

        assertThat(artifacts(cache, HttpClient.newHttpClient()).fetch(manifest(place)))
                .isEqualTo(ARTIFACT);
    }

    private static Artifacts artifacts(Path cache, HttpClient client) {
        return new Artifacts(ArtifactsTest::noKafka, "artifacts", 100, new ArtifactCache(cache, 100), client);
    }

    private static Artifacts artifacts(long limit) {
        return new Artifacts(ArtifactsTest::noKafka, "artifacts", limit, null);
    }

    private static org.apache.kafka.clients.consumer.Consumer<String, byte[]> noKafka() {
        throw new AssertionError("nothing is read from Kafka here");
    }

    private static ModelManifest manifest(String place) {
        ModelManifest manifest = GoldenRecords.manifest();
        manifest.setArtifact(place);
        manifest.setBytes(ARTIFACT.length);
        manifest.setSha256(ManifestKeys.sha256(ARTIFACT));
        return manifest;
    }
}

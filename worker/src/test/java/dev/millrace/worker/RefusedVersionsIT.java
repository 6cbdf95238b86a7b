package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.GoldenVector;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ModelState;
import dev.millrace.schemas.ModelStatus;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.manifest.ArtifactChunks;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.worker.model.HostileModels;
import dev.millrace.worker.model.TinyModels;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is published, what answers goes on answering. */
@ExtendWith(KafkaBroker.class)
class RefusedVersionsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long MOST_GROWTH_MIB = 256;
    private static final KeyPair STRANGER = ManifestKeys.generate();

    /** Not to negotiate HTTP/2 at every look. */
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private Stage stage;
    private Path dir = Path.of("");

    @BeforeEach
    void setTheStage(KafkaBroker broker, @TempDir Path folder) throws Exception {
        dir = folder;
        stage = new Stage(broker, folder);
    }

    @AfterEach
    void clear() {
        stage.close();
    }

    /** A version that must be refused, and a word of the reason. */
    private record Bad(ModelManifest manifest, UnaryOperator<ModelVersion> signed, String reason) {}

    @Test
    @EnabledOnOs(OS.LINUX)
    void keepsAnsweringWhateverIsPublishedAndSaysWhyItRefusesEach() throws Exception {
        byte[] good = Stage.onnx(0);
        stage.publish(1, good);
        Worker worker = stage.worker("millrace.models.rehearsal", "true", "millrace.models.rehearsal.time", "8s");
        await().atMost(PATIENCE).until(worker.firstModel()::isDone);
        List<Bad> all = bad(good);
        long rssBefore = 0;

        for (int i = 0; i < all.size(); i++) {
            Bad bad = all.get(i);
            stage.decide(bad.manifest(), bad.signed());
            String refusals = "inference_model_swaps_total{result=\"refused\"} " + (i + 1) + ".0";
            await().atMost(PATIENCE).until(() -> get(worker, "/metrics").contains(refusals));
            await().atMost(PATIENCE).until(() -> lastRefusal(bad.manifest().getVersion()) != null);
            assertThat(lastRefusal(bad.manifest().getVersion()))
                    .as("version %d", bad.manifest().getVersion())
                    .contains(bad.reason());
            int answered = i + 1;
            stage.send(Stage.request("r" + i, 0, 2));
            await().atMost(PATIENCE).until(() -> stage.results().size() == answered);
            if (i == 2) {
                rssBefore = rssMib();
            }
        }

        assertThat(stage.results()).allSatisfy(result -> {
            assertThat(result.getStatus()).isEqualTo(ResultStatus.OK);
            assertThat(result.getVersion()).isEqualTo(1);
            assertThat(result.getLabels().get(0).getIndex()).isEqualTo(2);
        });
        assertThat(rssMib() - rssBefore).as("MiB of resident memory more").isLessThan(MOST_GROWTH_MIB);
        assertThat(heapMib()).as("MiB of heap").isLessThan(MOST_GROWTH_MIB);

        byte[] next = Stage.onnx(1);
        ModelManifest manifest = Stage.manifest(99, next);
        manifest.setGolden(List.of(golden(1)));
        manifest.setMaxLatencyMs(5_000);
        stage.publish(manifest, next, RefusedVersionsIT::asSigned);
        await().atMost(PATIENCE).until(() -> get(worker, "/metrics").contains("version=\"99\""));
    }

    private List<Bad> bad(byte[] good) throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed of the random bytes: " + seed);
        byte[] random = new byte[good.length];
        new Random(seed).nextBytes(random);
        byte[] flipped = good.clone();
        flipped[good.length / 2] ^= 1;
        List<Bad> all = new ArrayList<>();
        all.add(published(2, Arrays.copyOf(good, good.length / 2), "rehearsal: "));
        all.add(published(3, random, "rehearsal: "));
        ModelManifest empty = Stage.manifest(4, new byte[0]);
        all.add(new Bad(empty, RefusedVersionsIT::asSigned, "artifact size: 0 bytes"));
        // One bit of another version's chunk, under the hash of what it was.
        ModelManifest altered = Stage.manifest(5, Stage.onnx(2));
        byte[] chunk = Stage.onnx(2);
        chunk[chunk.length / 2] ^= 1;
        stage.send(stage.topics.artifacts(), ArtifactChunks.key(altered.getSha256(), 0), chunk);
        all.add(new Bad(altered, RefusedVersionsIT::asSigned, "artifact sha256: " + ManifestKeys.sha256(chunk)));
        all.add(new Bad(Stage.manifest(6, Stage.onnx(3)), RefusedVersionsIT::asSigned, "0 of 1 chunks"));
        all.add(new Bad(
                Stage.manifest(7, good),
                signed -> new ManifestSigner(STRANGER.getPrivate(), STRANGER.getPublic()).signAgain(signed),
                "manifest key"));
        all.add(new Bad(
                Stage.manifest(8, good),
                signed -> {
                    signed.setSignature(ByteBuffer.wrap(new byte[64]));
                    return signed;
                },
                "manifest signature: wrong"));
        all.add(published(9, TinyModels.classifier(5, 5, 1, Stage.CLASSES), "input: "));
        all.add(published(
                10,
                TinyModels.Recipe.of(4, 4, 1, Stage.CLASSES).withBias(Float.NaN).build(),
                "NaN (expected: a finite number)"));
        all.add(published(11, HostileModels.ofACustomDomain(good), "com.example"));
        Path weights = Files.write(dir.resolve("weights"), new byte[4 * 16 * Stage.CLASSES]);
        Path beside = Path.of("weights-beside");
        all.add(published(12, HostileModels.withWeightsIn(weights.toString(), good), "xternal"));
        all.add(published(13, HostileModels.withWeightsIn("../" + weights.getFileName(), good), "xternal"));
        all.add(published(14, HostileModels.withWeightsIn(beside.toString(), good), "xternal"));
        all.add(published(15, HostileModels.hungry(good), "llocat"));
        all.add(published(16, HostileModels.endless(good), "stopped: no end after 8.0 s"));
        Bad slow = published(17, HostileModels.rounds(20_000, good), "ms for one image (expected: at most 0.5 ms");
        slow.manifest().setMaxLatencyMs(0.5);
        all.add(slow);
        Bad different = published(18, good, "golden vector 0, logit 0: ");
        different.manifest().setGolden(List.of(golden(1)));
        all.add(different);
        ModelManifest overHttp = Stage.manifest(19, good);
        overHttp.setArtifact("http://localhost/model.onnx");
        all.add(new Bad(
                overHttp, RefusedVersionsIT::asSigned, "artifact: http://localhost/model.onnx (expected: kafka:, "));
        return all;
    }

    private static ModelVersion asSigned(ModelVersion signed) {
        return signed;
    }

    /** With its bytes on the artifacts topic. */
    private Bad published(int version, byte[] onnx, String reason) {
        for (ArtifactChunks.Chunk chunk : ArtifactChunks.split(onnx)) {
            stage.send(stage.topics.artifacts(), chunk.key(), chunk.value());
        }
        return new Bad(Stage.manifest(version, onnx), RefusedVersionsIT::asSigned, reason);
    }

    private static GoldenVector golden(int seed) {
        byte[] image = Stage.image(0, 0);
        List<Float> logits = new ArrayList<>();
        for (float logit : TinyModels.logits(4, 4, 1, Stage.CLASSES, seed, image)) {
            logits.add(logit);
        }
        return new GoldenVector(ByteBuffer.wrap(image), logits, 0.001f);
    }

    @Test
    void trustsAKeyFromWhenItIsPutBesideTheOthersToWhenItIsTakenAway() throws Exception {
        byte[] good = Stage.onnx(0);
        KeyPair next = ManifestKeys.generate();
        UnaryOperator<ModelVersion> byNext =
                signed -> new ManifestSigner(next.getPrivate(), next.getPublic()).signAgain(signed);
        stage.publish(1, good);
        Worker worker = stage.worker();
        await().atMost(PATIENCE).until(worker.firstModel()::isDone);
        stage.publish(Stage.manifest(2, good), good, byNext);
        await().atMost(PATIENCE).until(() -> lastRefusal(2) != null);

        ManifestKeys.write(next, stage.keyDir.resolve("next"));
        stage.publish(Stage.manifest(3, good), good, byNext);
        await().atMost(PATIENCE).until(() -> get(worker, "/metrics").contains("version=\"3\""));

        Files.delete(stage.keyDir.resolve("release.pub"));
        stage.publish(4, good);
        await().atMost(PATIENCE).until(() -> lastRefusal(4) != null);
        assertThat(lastRefusal(4))
                .isEqualTo("manifest key: %s (expected: one of the trusted keys [%s])"
                        .formatted(ManifestKeys.keyId(stage.keys.getPublic()), ManifestKeys.keyId(next.getPublic())));
    }

    @Test
    void loadsAFileAndDoesWithoutACacheThatCannotBeWritten() throws Exception {
        byte[] good = Stage.onnx(0);
        Path notAFolder = Files.write(dir.resolve("not-a-folder"), new byte[1]);
        stage.publish(1, good);
        Worker worker = stage.worker(
                "millrace.models.cache", notAFolder.resolve("cache").toString());
        await().atMost(PATIENCE).until(worker.firstModel()::isDone);

        byte[] next = Stage.onnx(1);
        ModelManifest manifest = Stage.manifest(2, next);
        manifest.setArtifact(Files.write(dir.resolve("next.onnx"), next).toUri().toString());
        stage.decide(manifest, RefusedVersionsIT::asSigned);

        await().atMost(PATIENCE).until(() -> get(worker, "/metrics").contains("version=\"2\""));
    }

    @Test
    void stopsAtOnceAlsoInTheMiddleOfARehearsal() throws Exception {
        byte[] good = Stage.onnx(0);
        stage.publish(1, good);
        Worker worker = stage.worker("millrace.models.rehearsal", "true", "millrace.models.rehearsal.time", "5m");
        await().atMost(PATIENCE).until(worker.firstModel()::isDone);
        long before = processes();
        stage.publish(2, HostileModels.endless(good));
        await().atMost(PATIENCE).until(() -> processes() == before + 1);

        long start = System.nanoTime();
        worker.stop();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(PATIENCE);
        assertThat(processes()).isEqualTo(before);
    }

    /** The broker's among them. */
    private static long processes() {
        return ProcessHandle.current().children().count();
    }

    /** Why the worker says that it refused a version; null while it does not. */
    private @Nullable String lastRefusal(int version) {
        return stage.statuses("worker-0").stream()
                .flatMap(status -> status.getModels().stream())
                .filter(model -> model.getVersion() == version && model.getState() == ModelState.REFUSED)
                .map(ModelStatus::getDetail)
                .reduce((first, last) -> last)
                .orElse(null);
    }

    private static long rssMib() throws Exception {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                            .findFirst()
                            .orElseThrow()
                    >> 10;
        }
    }

    private static long heapMib() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 20;
    }

    private String get(Worker worker, String path) throws Exception {
        return http.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + worker.httpPort() + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }
}

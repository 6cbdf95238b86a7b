package dev.millrace.worker.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.manifest.ManifestVerifier;
import dev.millrace.worker.artifact.Artifacts;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.HostileModels;
import dev.millrace.worker.model.LiveModels;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.model.TinyModels;
import dev.millrace.worker.rehearsal.ProcessLimits;
import dev.millrace.worker.rehearsal.Rehearsal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelPreparerTest {
    private static final Effect.Prepare ORDER = new Effect.Prepare(1, 10);

    @TempDir
    private Path dir = Path.of("");

    private final LiveModels models = new LiveModels();

    @AfterEach
    void close() {
        models.close();
    }

    @Test
    void waitsWhileNoRehearsalCanBeHeldAndIsReadyOnceOneCan() throws Exception {
        Path folders = dir.resolve("folders");
        ModelVersion version = TinyVersions.inFile(1, dir);
        ModelPreparer preparer = preparer(new Rehearsal(new ProcessLimits(2_048, 60), folders));

        assertThat(preparer.prepare(TinyVersions.MODEL, ORDER, version))
                .isInstanceOfSatisfying(Progress.Waiting.class, waiting -> assertThat(waiting.reason())
                        .startsWith("rehearsal: not held, "));
        assertThat(models.live()).isEmpty();

        Files.createDirectory(folders);
        assertThat(preparer.prepare(TinyVersions.MODEL, ORDER, version)).isInstanceOf(Progress.Prepared.class);
        assertThat(models.live()).extracting(ModelSpec::version).containsExactly(1);
    }

    @Test
    void refusesWhatItsRehearsalRefuses() throws Exception {
        byte[] custom = HostileModels.ofACustomDomain(TinyModels.classifier(4, 4, 1, 4));
        ModelPreparer preparer = preparer(new Rehearsal(new ProcessLimits(2_048, 60), dir));

        assertThat(preparer.prepare(TinyVersions.MODEL, ORDER, TinyVersions.inFile(1, custom, dir)))
                .isInstanceOfSatisfying(Progress.Failed.class, failed -> assertThat(failed.reason())
                        .contains("com.example"));
    }

    @Test
    void waitsWhileKafkaDoesNotGiveTheBytes() {
        assertThat(preparer(null).prepare(TinyVersions.MODEL, ORDER, TinyVersions.onKafka(1)))
                .isEqualTo(new Progress.Waiting(1, 10, "no broker"));
    }

    @Test
    void refusesWhatIsNotOnRecordOrFiledUnderAnotherVersion() throws Exception {
        ModelPreparer preparer = preparer(null);

        assertThat(preparer.prepare(TinyVersions.MODEL, ORDER, null))
                .isEqualTo(new Progress.Failed(
                        1, 10, "", "version: not published, or retired (expected: a model record for it)"));
        assertThat(preparer.prepare(TinyVersions.MODEL, ORDER, TinyVersions.inFile(2, dir)))
                .isInstanceOfSatisfying(Progress.Failed.class, failed -> assertThat(failed.reason())
                        .isEqualTo("manifest: of tiny v2 (expected: tiny v1, as its key says)"));
    }

    private ModelPreparer preparer(@Nullable Rehearsal rehearsal) {
        Artifacts artifacts = new Artifacts(
                () -> {
                    throw new TimeoutException("no broker");
                },
                "artifacts",
                1 << 20,
                null);
        return new ModelPreparer(
                ManifestVerifier.trustingAnyone(),
                artifacts,
                rehearsal,
                models,
                new MemoryBudget(0, 1),
                new Everything(),
                List.of(DeviceRequest.ANY_CPU),
                4);
    }

    private static final class Everything implements ModelThread.Needed {
        @Override
        public boolean wants(String model, int version) {
            return true;
        }

        @Override
        public boolean holds(String model, int version) {
            return true;
        }
    }
}

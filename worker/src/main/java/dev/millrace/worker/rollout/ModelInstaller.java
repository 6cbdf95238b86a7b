package dev.millrace.worker.rollout;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ModelState;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.manifest.ManifestVerifier;
import dev.millrace.schemas.manifest.UntrustedManifestException;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.LiveModel;
import dev.millrace.worker.model.LiveModels;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes a champion live: verify, fetch, warm, swap. Whatever goes wrong before the swap leaves what is live as it is.
 * Rollout thread only.
 */
final class ModelInstaller {
    private final ManifestVerifier verifier;
    private final ArtifactFetcher fetcher;
    private final LiveModels models;
    private final List<DeviceRequest> lanes;
    private final int maxBatch;

    ModelInstaller(
            ManifestVerifier verifier,
            ArtifactFetcher fetcher,
            LiveModels models,
            List<DeviceRequest> lanes,
            int maxBatch) {
        this.verifier = verifier;
        this.fetcher = fetcher;
        this.models = models;
        this.lanes = lanes;
        this.maxBatch = maxBatch;
    }

    /** Installs {@code champion}, whose signed manifest is {@code published}: null when there is none. */
    RolloutStep install(Champion champion, @Nullable ModelVersion published) {
        if (published == null) {
            return refused(champion, "", "version: not published, or retired (expected: a model record for it)");
        }
        String sha256 = "";
        try {
            ModelManifest manifest = verifier.open(published);
            sha256 = manifest.getSha256();
            requireSame(champion, manifest);
            ModelSpec spec = ManifestSpec.of(manifest);
            if (!isLive(spec)) {
                byte[] onnx = fetcher.fetch(manifest);
                models.swap(champion.model(), LiveModel.load(onnx, spec, lanes, maxBatch));
            }
            return new RolloutStep(champion.model(), champion.version(), sha256, champion.epoch(), ModelState.LIVE, "");
        } catch (UntrustedManifestException | IOException | ModelRefusedException e) {
            return refused(champion, sha256, String.valueOf(e.getMessage()));
        } catch (LinkageError e) {
            return refused(champion, sha256, "ONNX Runtime: " + e + " (expected: its native library can be loaded)");
        }
    }

    /** A signature vouches for the manifest, not for the key it was filed under. */
    private static void requireSame(Champion champion, ModelManifest manifest) throws ModelRefusedException {
        if (!manifest.getName().equals(champion.model()) || manifest.getVersion() != champion.version()) {
            throw new ModelRefusedException("manifest: of " + manifest.getName() + " v" + manifest.getVersion()
                    + " (expected: " + champion.model() + " v" + champion.version() + ", as its key says)");
        }
    }

    private boolean isLive(ModelSpec spec) {
        return models.live().stream()
                .anyMatch(live -> live.name().equals(spec.name())
                        && live.version() == spec.version()
                        && live.sha256().equals(spec.sha256()));
    }

    private static RolloutStep refused(Champion champion, String sha256, String detail) {
        return new RolloutStep(
                champion.model(), champion.version(), sha256, champion.epoch(), ModelState.REFUSED, detail);
    }
}

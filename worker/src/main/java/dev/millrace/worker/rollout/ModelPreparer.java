package dev.millrace.worker.rollout;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.manifest.ManifestVerifier;
import dev.millrace.schemas.manifest.UntrustedManifestException;
import dev.millrace.worker.artifact.Artifacts;
import dev.millrace.worker.artifact.RetriableFetchException;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.model.Device;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.LiveModel;
import dev.millrace.worker.model.LiveModels;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.rehearsal.Expectation;
import dev.millrace.worker.rehearsal.Rehearsal;
import dev.millrace.worker.rehearsal.RehearsalStoppedException;
import dev.millrace.worker.rehearsal.RehearsalUnavailableException;
import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * Makes a version ready to answer: verify, fetch, rehearse, load, warm. Whatever goes wrong leaves what is live as it is. Model thread only.
 */
final class ModelPreparer {
    private final ManifestVerifier verifier;
    private final Artifacts artifacts;
    private final @Nullable Rehearsal rehearsal;
    private final LiveModels models;
    private final MemoryBudget memory;
    private final ModelThread.Needed needed;
    private final List<DeviceRequest> lanes;
    private final int maxBatch;

    ModelPreparer(
            ManifestVerifier verifier,
            Artifacts artifacts,
            @Nullable Rehearsal rehearsal,
            LiveModels models,
            MemoryBudget memory,
            ModelThread.Needed needed,
            List<DeviceRequest> lanes,
            int maxBatch) {
        this.verifier = verifier;
        this.artifacts = artifacts;
        this.rehearsal = rehearsal;
        this.models = models;
        this.memory = memory;
        this.needed = needed;
        this.lanes = lanes;
        this.maxBatch = maxBatch;
    }

    /**
     * Prepares the version, whose signed manifest is {@code published}: null when there is none. It waits when its bytes cannot be had just
     * now, or no rehearsal can be held.
     *
     * @throws RehearsalStoppedException when the thread is interrupted meanwhile
     */
    Progress prepare(String model, Effect.Prepare order, @Nullable ModelVersion published) {
        int version = order.version();
        if (published == null) {
            return failed(order, "", "version: not published, or retired (expected: a model record for it)");
        }
        String sha256 = "";
        try {
            ModelManifest manifest = verifier.open(published);
            sha256 = manifest.getSha256();
            requireSame(model, version, manifest);
            ModelSpec spec = ManifestSpec.of(manifest);
            Predictor.requireHead(spec);
            memory.require(spec, staying());
            byte[] onnx = artifacts.fetch(manifest);
            if (rehearsal != null) {
                rehearsal.run(onnx, spec, expectation(manifest));
            }
            models.install(LiveModel.load(onnx, spec, lanes, maxBatch));
            return new Progress.Prepared(version, order.epoch(), sha256);
        } catch (RetriableFetchException | RehearsalUnavailableException | KafkaException e) {
            return new Progress.Waiting(version, order.epoch(), String.valueOf(e.getMessage()));
        } catch (UntrustedManifestException | IOException | ModelRefusedException e) {
            return failed(order, sha256, String.valueOf(e.getMessage()));
        } catch (LinkageError e) {
            return failed(order, sha256, "ONNX Runtime: " + e + " (expected: its native library can be loaded)");
        }
    }

    /** What is loaded, but for what is about to go. */
    private List<ModelSpec> staying() {
        return models.live().stream()
                .filter(live -> needed.holds(live.name(), live.version()))
                .toList();
    }

    private Expectation expectation(ModelManifest manifest) throws ModelRefusedException {
        Expectation expectation = ManifestSpec.expectation(manifest);
        boolean onCpu = lanes.stream().anyMatch(lane -> lane.device().kind() == Device.Kind.CPU);
        return onCpu ? expectation : expectation.untimed();
    }

    /** A signature vouches for the manifest, not for the key it was filed under. */
    private static void requireSame(String model, int version, ModelManifest manifest) throws ModelRefusedException {
        if (!manifest.getName().equals(model) || manifest.getVersion() != version) {
            throw new ModelRefusedException("manifest: of " + manifest.getName() + " v" + manifest.getVersion()
                    + " (expected: " + model + " v" + version + ", as its key says)");
        }
    }

    private static Progress failed(Effect.Prepare order, String sha256, String reason) {
        return new Progress.Failed(order.version(), order.epoch(), sha256, reason);
    }
}

package dev.millrace.worker.rollout;

import dev.millrace.schemas.ChannelOrder;
import dev.millrace.schemas.ElementType;
import dev.millrace.schemas.InputSpec;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.ResamplingFilter;
import dev.millrace.schemas.Resize;
import dev.millrace.schemas.Task;
import dev.millrace.schemas.TensorLayout;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.worker.model.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Signed versions of model {@code tiny}, whose bytes are in a file or not to be had. */
final class TinyVersions {
    static final String MODEL = "tiny";

    private static final KeyPair KEYS = ManifestKeys.generate();
    private static final byte[] ONNX = TinyModels.classifier(4, 4, 1, 4);

    private TinyVersions() {}

    /** With its bytes in a file of that folder. */
    static ModelVersion inFile(int version, Path folder) throws IOException {
        return inFile(version, ONNX, folder);
    }

    static ModelVersion inFile(int version, byte[] onnx, Path folder) throws IOException {
        Path file = Files.write(folder.resolve(version + ".onnx"), onnx);
        return version(version, onnx, file.toUri().toString());
    }

    /** For which Kafka is asked. */
    static ModelVersion onKafka(int version) {
        return version(version, ONNX, "kafka:");
    }

    private static ModelVersion version(int version, byte[] onnx, String artifact) {
        ModelManifest manifest = new ModelManifest(
                MODEL,
                version,
                Task.CLASSIFICATION,
                new InputSpec(
                        "pixels",
                        ElementType.UINT8,
                        TensorLayout.NCHW,
                        4,
                        4,
                        1,
                        ChannelOrder.GREY,
                        List.of(0f),
                        List.of(1f),
                        0,
                        Resize.NONE,
                        ResamplingFilter.AREA,
                        0),
                "logits",
                List.of("a", "b", "c", "d"),
                "fp32",
                artifact,
                (long) onnx.length,
                ManifestKeys.sha256(onnx),
                Map.of(),
                Map.of(),
                Instant.EPOCH,
                List.of(),
                0.0,
                List.of(),
                Map.of());
        return new ManifestSigner(KEYS.getPrivate(), KEYS.getPublic()).sign(manifest);
    }
}

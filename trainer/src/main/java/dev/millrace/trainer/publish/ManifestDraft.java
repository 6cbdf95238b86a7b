package dev.millrace.trainer.publish;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.schemas.ChannelOrder;
import dev.millrace.schemas.ElementType;
import dev.millrace.schemas.InputSpec;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.Task;
import dev.millrace.schemas.TensorLayout;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A manifest that only lacks its version number: what an ONNX file says of itself, as a worker would read it, and what the publisher says
 * instead.
 */
public final class ManifestDraft {
    /** The bytes come in chunks over the artifacts topic. */
    private static final String OVER_KAFKA = "kafka:";

    private static final String CLASSIFICATION = "classification";

    private final ModelSpec spec;
    private final Map<String, Double> metrics = new TreeMap<>();
    private final Map<String, String> lineage = new TreeMap<>();

    private ManifestDraft(ModelSpec spec, Map<String, String> metadata) {
        this.spec = spec;
        metadata.forEach((key, value) -> {
            if (key.startsWith(ModelMetadata.METRICS)) {
                metrics.put(key.substring(ModelMetadata.METRICS.length()), decimal(key, value));
            } else if (!key.startsWith(ModelMetadata.OWN) && !key.startsWith("Image.")) {
                lineage.put(key, value);
            }
        });
    }

    /**
     * Reads a model file.
     *
     * @param name replaces the file's own name; null: keep it
     * @param labels replace the file's own; null: keep them
     * @throws ModelRefusedException when no worker could serve it
     * @throws IllegalArgumentException when name, task or metrics are not usable
     */
    public static ManifestDraft of(byte[] onnx, @Nullable String name, @Nullable List<String> labels)
            throws IOException, ModelRefusedException {
        ModelProto model = OnnxFile.parse(onnx, name == null ? "model" : name);
        Map<String, String> metadata = OnnxFile.metadata(model);
        String task = metadata.getOrDefault(ModelMetadata.TASK, CLASSIFICATION);
        if (!task.equals(CLASSIFICATION)) {
            throw new IllegalArgumentException(
                    "%s: %s (expected: %s)".formatted(ModelMetadata.TASK, task, CLASSIFICATION));
        }
        Map<String, String> overrides = new HashMap<>();
        if (name != null) {
            overrides.put(ModelMetadata.NAME, name);
        }
        if (labels != null) {
            overrides.put(ModelMetadata.LABELS, ModelMetadata.json(labels));
        }
        ModelSpec spec = ModelSpec.describe(onnx, overrides);
        ControlKey.requireModelName(spec.name());
        return new ManifestDraft(spec, metadata);
    }

    /** Model name. */
    public String name() {
        return spec.name();
    }

    /** SHA-256 of the ONNX bytes that were read, 64 hex digits. */
    public String sha256() {
        return spec.sha256();
    }

    /** The manifest of that version, made at that time. */
    public ModelManifest withVersion(int version, Instant createdAt) {
        return ModelManifest.newBuilder()
                .setName(spec.name())
                .setVersion(version)
                .setTask(Task.CLASSIFICATION)
                .setInput(input())
                .setOutputTensor(spec.outputTensor())
                .setLabels(spec.labels())
                .setPrecision(spec.precision())
                .setArtifact(OVER_KAFKA)
                .setBytes(spec.bytes())
                .setSha256(spec.sha256())
                .setMetrics(metrics)
                .setLineage(lineage)
                .setCreatedAt(createdAt.truncatedTo(ChronoUnit.MILLIS))
                .build();
    }

    private InputSpec input() {
        PixelShape pixels = spec.pixels();
        return InputSpec.newBuilder()
                .setTensor(spec.inputTensor())
                .setElementType(ElementType.valueOf(spec.elementType().name()))
                .setLayout(TensorLayout.valueOf(pixels.layout().name()))
                .setHeight(pixels.height())
                .setWidth(pixels.width())
                .setChannels(pixels.channels())
                .setChannelOrder(ChannelOrder.valueOf(pixels.order().name()))
                .setMean(spec.mean())
                .setScale(spec.scale())
                .setMaxBatch(spec.fixedBatch())
                .build();
    }

    private static double decimal(String key, String value) {
        try {
            return Double.parseDouble(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("%s: %s (expected: a number)".formatted(key, value), e);
        }
    }
}

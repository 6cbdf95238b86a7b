package dev.millrace.trainer.publish;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.schemas.ChannelOrder;
import dev.millrace.schemas.ElementType;
import dev.millrace.schemas.GoldenVector;
import dev.millrace.schemas.InputSpec;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.OutputSpec;
import dev.millrace.schemas.ResamplingFilter;
import dev.millrace.schemas.Resize;
import dev.millrace.schemas.Task;
import dev.millrace.schemas.TensorLayout;
import dev.millrace.schemas.manifest.ArtifactPlace;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.infer.Predictor;
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
    /** Key of the lineage that names the retraining run that made a version. */
    public static final String RUN = "retrain.run";

    private final ModelSpec spec;
    private final Map<String, Double> metrics;
    private final Map<String, String> lineage;
    private final ArtifactPlace place;
    private final List<GoldenVector> golden;
    private final double maxLatencyMs;

    private ManifestDraft(
            ModelSpec spec,
            Map<String, Double> metrics,
            Map<String, String> lineage,
            ArtifactPlace place,
            List<GoldenVector> golden,
            double maxLatencyMs) {
        this.spec = spec;
        this.metrics = metrics;
        this.lineage = lineage;
        this.place = place;
        this.golden = List.copyOf(golden);
        this.maxLatencyMs = maxLatencyMs;
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
        return of(onnx, name, labels, Map.of());
    }

    /**
     * Reads a model file that does not say all of its use.
     *
     * @param said properties that replace or complete the file's own, see {@link ModelSpec#describe(byte[])}; name and labels count more
     * @throws ModelRefusedException when no worker could serve it
     * @throws IllegalArgumentException when name, task or metrics are not usable
     */
    public static ManifestDraft of(
            byte[] onnx, @Nullable String name, @Nullable List<String> labels, Map<String, String> said)
            throws IOException, ModelRefusedException {
        ModelProto model = OnnxFile.parse(onnx, name == null ? "model" : name);
        Map<String, String> metadata = OnnxFile.metadata(model);
        Map<String, String> overrides = new HashMap<>(said);
        if (name != null) {
            overrides.put(ModelMetadata.NAME, name);
        }
        if (labels != null) {
            overrides.put(ModelMetadata.LABELS, ModelMetadata.json(labels));
        }
        ModelSpec spec = ModelSpec.describe(onnx, overrides);
        Predictor.requireHead(spec);
        ControlKey.requireModelName(spec.name());
        Map<String, Double> metrics = new TreeMap<>();
        Map<String, String> lineage = new TreeMap<>();
        metadata.forEach((key, value) -> {
            if (key.startsWith(ModelMetadata.METRICS)) {
                metrics.put(key.substring(ModelMetadata.METRICS.length()), decimal(key, value));
            } else if (!key.startsWith(ModelMetadata.OWN) && !key.startsWith("Image.")) {
                lineage.put(key, value);
            }
        });
        return new ManifestDraft(spec, metrics, lineage, ArtifactPlace.OVER_KAFKA, List.of(), 0);
    }

    /** The same for bytes that workers find elsewhere than on the artifacts topic. */
    public ManifestDraft at(ArtifactPlace elsewhere) {
        return new ManifestDraft(spec, metrics, lineage, elsewhere, golden, maxLatencyMs);
    }

    /** The same with what it must answer where it is to serve. */
    public ManifestDraft answering(List<GoldenVector> vectors) {
        return new ManifestDraft(spec, metrics, lineage, place, vectors, maxLatencyMs);
    }

    /**
     * The same with a bound on the time for one image on the CPU that is to serve it.
     *
     * @param milliseconds 0: none
     */
    public ManifestDraft within(double milliseconds) {
        if (!(milliseconds >= 0) || Double.isInfinite(milliseconds)) {
            throw new IllegalArgumentException("latency: %s (expected: milliseconds, from 0)".formatted(milliseconds));
        }
        return new ManifestDraft(spec, metrics, lineage, place, golden, milliseconds);
    }

    /** What a worker must know to run it, but for the version number. */
    public ModelSpec spec() {
        return spec;
    }

    /** Where its bytes are to be. */
    public ArtifactPlace place() {
        return place;
    }

    /** Model name. */
    public String name() {
        return spec.name();
    }

    /** Where it comes from. */
    Map<String, String> lineage() {
        return Map.copyOf(lineage);
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
                .setTask(Task.valueOf(spec.task().name()))
                .setInput(input())
                .setOutputTensor(spec.outputs().get(0).tensor())
                .setOutputs(outputs())
                .setHead(spec.head())
                .setLabels(spec.labels())
                .setPrecision(spec.precision())
                .setArtifact(place.text())
                .setBytes(spec.bytes())
                .setSha256(spec.sha256())
                .setMetrics(metrics)
                .setLineage(lineage)
                .setCreatedAt(createdAt.truncatedTo(ChronoUnit.MILLIS))
                .setGolden(golden)
                .setMaxLatencyMs(maxLatencyMs)
                .build();
    }

    private List<OutputSpec> outputs() {
        return spec.outputs().stream()
                .map(output -> new OutputSpec(output.tensor(), output.shape()))
                .toList();
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
                .setResize(Resize.valueOf(spec.resizing().fit().name()))
                .setFilter(ResamplingFilter.valueOf(spec.resizing().filter().name()))
                .setFill(spec.resizing().fill())
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

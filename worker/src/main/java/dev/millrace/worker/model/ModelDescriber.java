package dev.millrace.worker.model;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.worker.decode.ChannelOrder;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.decode.TensorLayout;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Reads a {@link ModelSpec} out of an ONNX file's graph and metadata properties. */
final class ModelDescriber {

    private static final JsonMapper JSON = new JsonMapper();

    private final byte[] onnx;
    private final Map<String, String> properties = new HashMap<>();
    private final Map<String, String> overrides;

    ModelDescriber(byte[] onnx, Map<String, String> overrides) {
        this.onnx = onnx;
        this.overrides = overrides;
    }

    /** What is known of it and its file does not say. */
    Map<String, String> unsaid() throws ModelRefusedException {
        Map<String, String> unsaid = new HashMap<>();
        try (OrtSession session = Sessions.unoptimized(onnx)) {
            look(session);
            unsaid.putAll(properties);
            unsaid.keySet().removeAll(session.getMetadata().getCustomMetadata().keySet());
        } catch (OrtException e) {
            throw unreadable(e);
        }
        return unsaid;
    }

    ModelSpec describe() throws ModelRefusedException {
        Graph graph;
        try (OrtSession session = Sessions.unoptimized(onnx)) {
            graph = look(session);
        } catch (OrtException e) {
            throw unreadable(e);
        }
        GraphTensor input = graph.input();
        List<GraphTensor> outputs = graph.outputs();
        ElementType elementType = input.elementType();
        Task task = choice(ModelProperties.TASK, Task.class, Task.CLASSIFICATION);
        if (task != Task.DETECTION && task != Task.SEGMENTATION && outputs.size() != 1) {
            throw new ModelRefusedException(
                    "outputs: " + outputs + " (expected: exactly one, for the task " + task.word() + ")");
        }
        try {
            return new ModelSpec(
                    properties.getOrDefault(ModelProperties.NAME, "unnamed"),
                    0,
                    sha256(onnx),
                    onnx.length,
                    properties.getOrDefault(ModelProperties.PRECISION, "unknown"),
                    input.name(),
                    elementType,
                    pixels(input),
                    perChannel(ModelProperties.MEAN, elementType, 0),
                    perChannel(ModelProperties.SCALE, elementType, 1),
                    Math.toIntExact(Math.max(0, input.dimension(0))),
                    ModelProperties.resizing(properties),
                    task,
                    outputs(task, outputs),
                    labels(task, outputs.get(0)),
                    head());
        } catch (IllegalArgumentException e) {
            throw new ModelRefusedException("model: " + e.getMessage(), e);
        }
    }

    private static ModelRefusedException unreadable(OrtException e) {
        return new ModelRefusedException("model: cannot be read: " + OnnxRuntime.reason(e), e);
    }

    /** What goes in and comes out, of which the batch may be open, and no more where the properties tell it. */
    private record Graph(GraphTensor input, List<GraphTensor> outputs) {}

    /** Completes the properties, too. */
    private Graph look(OrtSession session) throws OrtException, ModelRefusedException {
        properties.putAll(session.getMetadata().getCustomMetadata());
        properties.putAll(overrides);
        GraphTensor input = sized(GraphTensor.soleInput(session));
        List<GraphTensor> outputs = GraphTensor.outputs(session);
        if (asksForShapes() && !input.isOpen() && outputs.stream().anyMatch(GraphTensor::isOpen)) {
            outputs = BlackImage.outputs(session, input);
        }
        complete(input, outputs);
        return new Graph(input, outputs);
    }

    /** What a file does not say of a detector that is known; what it says of another decoding stands alone. */
    private void complete(GraphTensor input, List<GraphTensor> outputs) throws ModelRefusedException {
        if (!properties
                        .getOrDefault(ModelProperties.TASK, Task.DETECTION.word())
                        .equals(Task.DETECTION.word())
                || outputs.isEmpty()) {
            return;
        }
        Map<String, String> known = new HashMap<>(KnownDetectors.propertiesOf(input, outputs));
        UltralyticsExport.propertiesOf(properties, outputs).forEach(known::putIfAbsent);
        if (properties.containsKey(ModelProperties.HEAD + "decoding")) {
            known.keySet().removeIf(key -> key.startsWith(ModelProperties.HEAD));
        }
        known.forEach(properties::putIfAbsent);
    }

    /** Classifiers are counted by their labels. */
    private boolean asksForShapes() {
        String task = properties.get(ModelProperties.TASK);
        return task == null
                ? UltralyticsExport.is(properties)
                : !task.equalsIgnoreCase(Task.CLASSIFICATION.word()) && !task.equalsIgnoreCase(Task.MULTI_LABEL.word());
    }

    /** As the properties say, where the graph leaves height or width open. */
    private GraphTensor sized(GraphTensor input) throws ModelRefusedException {
        if (input.shape().size() != 4) {
            return input;
        }
        int height = layout(input) == TensorLayout.NCHW ? 2 : 1;
        String said = properties.get(ModelProperties.SIZE);
        if (said == null) {
            if (input.dimension(height) >= 0 && input.dimension(height + 1) >= 0) {
                return input;
            }
            said = UltralyticsExport.size(properties)
                    .orElseThrow(() -> new ModelRefusedException(
                            ModelProperties.SIZE + ": absent (expected: WIDTHxHEIGHT, such as 640x480, since the graph"
                                    + " leaves it open: " + input + ")"))
                    .toString();
            properties.put(ModelProperties.SIZE, said);
        }
        InputSize size;
        try {
            size = InputSize.of(said);
        } catch (IllegalArgumentException e) {
            throw new ModelRefusedException("model: " + e.getMessage(), e);
        }
        long[] shape = input.shape().stream().mapToLong(Long::longValue).toArray();
        shape[height] = size.height();
        shape[height + 1] = size.width();
        if (!input.takes(shape)) {
            throw new ModelRefusedException(
                    ModelProperties.SIZE + ": " + size + " (expected: as the graph has it: " + input + ")");
        }
        return input.withShape(shape);
    }

    private PixelShape pixels(GraphTensor input) throws ModelRefusedException {
        input.requireRank(4, "[batch, channels, height, width] or [batch, height, width, channels]");
        TensorLayout layout = layout(input);
        boolean planar = layout == TensorLayout.NCHW;
        int channels = size(input, planar ? 1 : 3);
        int height = size(input, planar ? 2 : 1);
        int width = size(input, planar ? 3 : 2);
        if (channels != 1 && channels != 3) {
            throw new ModelRefusedException("channels: " + channels + " (expected: 1 or 3)");
        }
        ChannelOrder order = choice(
                ModelProperties.CHANNEL_ORDER,
                ChannelOrder.class,
                channels == 1 ? ChannelOrder.GREY : ChannelOrder.RGB);
        return new PixelShape(height, width, channels, layout, order);
    }

    private TensorLayout layout(GraphTensor input) throws ModelRefusedException {
        boolean planar = input.dimension(1) == 1 || input.dimension(1) == 3;
        boolean interleaved = input.dimension(3) == 1 || input.dimension(3) == 3;
        TensorLayout only = planar == interleaved ? null : planar ? TensorLayout.NCHW : TensorLayout.NHWC;
        return choice(ModelProperties.LAYOUT, TensorLayout.class, only);
    }

    private static int size(GraphTensor input, int axis) throws ModelRefusedException {
        long size = input.dimension(axis);
        if (size < 1 || size > Short.MAX_VALUE) {
            throw new ModelRefusedException(
                    "input: " + input + " (expected: fixed sizes of 1 to 32767 for all but the batch)");
        }
        return (int) size;
    }

    private <E extends Enum<E>> E choice(String key, Class<E> type, @Nullable E otherwise)
            throws ModelRefusedException {
        String expected = " (expected: one of " + List.of(type.getEnumConstants()) + ")";
        String value = properties.get(key);
        if (value == null) {
            if (otherwise == null) {
                throw new ModelRefusedException(key + ": absent, and the graph leaves it open" + expected);
            }
            return otherwise;
        }
        try {
            return Enum.valueOf(type, value.toUpperCase(Locale.ROOT).replace('-', '_'));
        } catch (IllegalArgumentException e) {
            throw new ModelRefusedException(key + ": " + value + expected, e);
        }
    }

    /** A uint8 graph normalises inside, whatever the property says; a float graph depends on it. */
    private List<Float> perChannel(String key, ElementType elementType, float otherwise) throws ModelRefusedException {
        String value = properties.get(key);
        if (value == null) {
            if (elementType == ElementType.FLOAT32) {
                throw new ModelRefusedException(key + ": absent (expected: numbers, since the input is float)");
            }
            return List.of(otherwise);
        }
        List<Float> numbers = new ArrayList<>();
        for (String part : value.split(",", -1)) {
            try {
                numbers.add(Float.parseFloat(part.strip()));
            } catch (NumberFormatException e) {
                throw new ModelRefusedException(key + ": " + value + " (expected: numbers, comma separated)", e);
            }
        }
        return numbers;
    }

    private Map<String, String> head() {
        return properties.entrySet().stream()
                .filter(property -> property.getKey().startsWith(ModelProperties.HEAD))
                .collect(Collectors.toMap(
                        property -> property.getKey().substring(ModelProperties.HEAD.length()), Map.Entry::getValue));
    }

    private List<ModelOutput> outputs(Task task, List<GraphTensor> tensors) throws ModelRefusedException {
        if (task == Task.CLASSIFICATION || task == Task.MULTI_LABEL) {
            return List.of(ModelOutput.logits(
                    tensors.get(0).name(), labels(task, tensors.get(0)).size()));
        }
        List<ModelOutput> outputs = new ArrayList<>();
        for (GraphTensor tensor : tensors) {
            tensor.requireFloat();
            List<Long> shape = tensor.shape();
            if (shape.size() < 2 || shape.subList(1, shape.size()).stream().anyMatch(n -> n < 1 || n > 1 << 24)) {
                throw new ModelRefusedException(
                        "output: " + tensor + " (expected: [batch, ...], all but the batch of fixed size)");
            }
            outputs.add(new ModelOutput(
                    tensor.name(), shape.stream().skip(1).map(Math::toIntExact).toList()));
        }
        return outputs;
    }

    private List<String> labels(Task task, GraphTensor output) throws ModelRefusedException {
        String json = properties.get(ModelProperties.LABELS);
        if (task == Task.EMBEDDING) {
            return List.of();
        }
        if (task == Task.DETECTION || task == Task.SEGMENTATION) {
            if (json == null) {
                throw new ModelRefusedException(ModelProperties.LABELS + ": absent (expected: a JSON array of names)");
            }
            return parseLabels(json);
        }
        output.requireRank(2, "[batch, labels]");
        output.requireFloat();
        long classes = output.dimension(1);
        if (json == null) {
            if (classes < 1 || classes > 1_000_000) {
                throw new ModelRefusedException(ModelProperties.LABELS + ": absent, and output " + output
                        + " does not count them" + " (expected: a JSON array of names)");
            }
            return IntStream.range(0, (int) classes).mapToObj(i -> "class " + i).toList();
        }
        List<String> labels = parseLabels(json);
        if (classes >= 0 && classes != labels.size()) {
            throw new ModelRefusedException(ModelProperties.LABELS + ": " + labels.size() + " names (expected: "
                    + classes + " as in output " + output + ")");
        }
        return labels;
    }

    private static List<String> parseLabels(String json) throws ModelRefusedException {
        try {
            return List.of(JSON.readValue(json, String[].class));
        } catch (JsonProcessingException | NullPointerException e) {
            throw new ModelRefusedException(
                    ModelProperties.LABELS + ": not readable (expected: a JSON array of names)", e);
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: absent (expected: in every JDK)", e);
        }
    }
}

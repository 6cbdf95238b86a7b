package dev.millrace.worker.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.worker.decode.TensorLayout;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Small real ONNX classifiers, whose answers a test can say beforehand. The image's pixels, row by row, fall into as
 * many equal stripes as there are classes; the logit of class (k + seed) mod classes is 8 x the mean brightness of
 * stripe k (0 to 1), summed over channels. So {@link #image} of a label is classified as that label.
 */
public final class TinyModels {

    private static final float GAIN = 8;

    private TinyModels() {}

    /** A uint8 NCHW classifier of seed 0 with all metadata and any batch size. */
    public static byte[] classifier(int height, int width, int channels, int classes) {
        return classifier(height, width, channels, classes, 0);
    }

    /** As above with its classes rotated by {@code seed}, so that two seeds answer differently. */
    public static byte[] classifier(int height, int width, int channels, int classes, int seed) {
        return Recipe.of(height, width, channels, classes).withSeed(seed).build();
    }

    /** HWC pixels that a classifier of these sizes and seed classifies as {@code label}: its stripe white, the rest black. */
    public static byte[] image(int height, int width, int channels, int classes, int seed, int label) {
        byte[] pixels = new byte[height * width * channels];
        int stripe = Math.floorMod(label - seed, classes);
        for (int i = 0; i < pixels.length; i++) {
            if (stripeOf(i / channels, height * width, classes) == stripe) {
                pixels[i] = (byte) 255;
            }
        }
        return pixels;
    }

    /** The logits that a classifier gives for HWC pixels, by plain arithmetic. */
    public static float[] logits(int height, int width, int channels, int classes, int seed, byte[] hwc) {
        int pixels = height * width;
        double[] sums = new double[classes];
        for (int i = 0; i < hwc.length; i++) {
            int stripe = stripeOf(i / channels, pixels, classes);
            sums[(stripe + seed) % classes] += (hwc[i] & 0xFF) * (double) weight(pixels, channels, classes, stripe);
        }
        float[] logits = new float[classes];
        for (int k = 0; k < classes; k++) {
            logits[k] = (float) sums[k];
        }
        return logits;
    }

    /** A model made by {@link Recipe#build}, changed to fail a run with any pixel brighter than {@code brightest}. */
    public static byte[] failingAbove(int brightest, byte[] onnx) throws InvalidProtocolBufferException {
        ModelProto.Builder model = ModelProto.parseFrom(onnx).toBuilder();
        GraphProto.Builder graph = model.getGraphBuilder();
        float[] table = new float[brightest + 1];
        for (int i = 0; i <= brightest; i++) {
            table[i] = i;
        }
        NodeProto.Builder toIndices = graph.getNodeBuilder(0).clearAttribute().clearOutput();
        toIndices.addAttribute(Recipe.integer("to", 7)).addOutput("indices");
        NodeProto lookUp =
                Recipe.node("Gather", "table", "floats").addInput("indices").build();
        graph.addNode(1, lookUp).addInitializer(Recipe.floats("table", table, table.length));
        return model.build().toByteArray();
    }

    /** A model made by {@link Recipe#build}, ending in an operator that only the CPU has: labels stay what they were. */
    public static byte[] withSinh(byte[] onnx) throws InvalidProtocolBufferException {
        ModelProto.Builder model = ModelProto.parseFrom(onnx).toBuilder();
        GraphProto.Builder graph = model.getGraphBuilder();
        NodeProto.Builder last = graph.getNodeBuilder(graph.getNodeCount() - 1);
        last.setOutput(0, "linear");
        graph.addNode(Recipe.node("Sinh", "linear", "logits"));
        return model.build().toByteArray();
    }

    /** Pixels of a side of what {@link #detector} takes. */
    public static final int DETECTOR_SIZE = 16;

    /**
     * A detector of grey images, 16 x 16, whose four quarters are things where they are bright: the score of quarter q (row by row) is its mean
     * brightness, 0 to 1, its class q % {@code classes}, its box the quarter without its outermost pixels.
     */
    public static byte[] detector(int classes) {
        return detector(
                classes,
                Map.of(
                        "millrace.task", "detection",
                        "millrace.name", "tiny-detector",
                        "millrace.precision", "fp32",
                        "millrace.labels",
                                IntStream.range(0, classes)
                                        .mapToObj(k -> "\"thing " + k + "\"")
                                        .collect(Collectors.joining(",", "[", "]")),
                        "millrace.head.decoding", "boxes",
                        "millrace.head.threshold", "0.5"));
    }

    /** As above, saying of itself what is given. */
    public static byte[] detector(int classes, Map<String, String> metadata) {
        int pixels = DETECTOR_SIZE * DETECTOR_SIZE;
        int half = DETECTOR_SIZE / 2;
        float[] scoreWeights = new float[pixels * 4 * classes];
        float[] corners = new float[16];
        for (int pixel = 0; pixel < pixels; pixel++) {
            int quarter = pixel / DETECTOR_SIZE / half * 2 + pixel % DETECTOR_SIZE / half;
            scoreWeights[(pixel * 4 + quarter) * classes + quarter % classes] = 1 / (255f * half * half);
        }
        for (int quarter = 0; quarter < 4; quarter++) {
            int left = quarter % 2 * half;
            int top = quarter / 2 * half;
            corners[4 * quarter] = left + 1;
            corners[4 * quarter + 1] = top + 1;
            corners[4 * quarter + 2] = left + half - 1;
            corners[4 * quarter + 3] = top + half - 1;
        }
        String side = String.valueOf(DETECTOR_SIZE);
        GraphProto.Builder graph = GraphProto.newBuilder()
                .setName("tiny detector")
                .addInput(Recipe.tensor("pixels", TensorProto.DataType.UINT8, "N", "1", side, side))
                .addOutput(Recipe.tensor("scores", TensorProto.DataType.FLOAT, "N", "4", String.valueOf(classes)))
                .addOutput(Recipe.tensor("boxes", TensorProto.DataType.FLOAT, "N", "4", "4"))
                .addNode(Recipe.node("Cast", "pixels", "floats").addAttribute(Recipe.integer("to", 1)))
                .addNode(Recipe.node("Flatten", "floats", "flat").addAttribute(Recipe.integer("axis", 1)))
                .addNode(Recipe.node("Gemm", "flat", "s")
                        .setName("Gemm 1")
                        .addInput("score weights")
                        .addInput("score bias"))
                .addNode(Recipe.node("Gemm", "flat", "b")
                        .setName("Gemm 2")
                        .addInput("no weights")
                        .addInput("corners"))
                .addNode(Recipe.node("Reshape", "s", "scores")
                        .setName("Reshape 1")
                        .addInput("score shape"))
                .addNode(Recipe.node("Reshape", "b", "boxes")
                        .setName("Reshape 2")
                        .addInput("box shape"))
                .addInitializer(Recipe.floats("score weights", scoreWeights, pixels, 4L * classes))
                .addInitializer(Recipe.floats("score bias", new float[4 * classes], 4L * classes))
                .addInitializer(Recipe.floats("no weights", new float[pixels * 16], pixels, 16))
                .addInitializer(Recipe.floats("corners", corners, 16))
                .addInitializer(Recipe.integers("score shape", -1, 4, classes))
                .addInitializer(Recipe.integers("box shape", -1, 4, 4));
        return Recipe.model(graph, metadata);
    }

    /**
     * A graph of RGB images of any size whose pixels, two at a time and row by row, are the six values of a box. It leaves all but the
     * channels open, as dynamic exports do.
     */
    public static byte[] openDetector(Map<String, String> metadata) {
        GraphProto.Builder graph = GraphProto.newBuilder()
                .setName("open detector")
                .addInput(Recipe.tensor("pixels", TensorProto.DataType.FLOAT, "N", "3", "height", "width"))
                .addOutput(Recipe.tensor("boxes", TensorProto.DataType.FLOAT, "N", "count", "values"))
                .addNode(Recipe.node("Shape", "pixels", "shape"))
                .addNode(Recipe.node("Gather", "shape", "batch").addInput("first"))
                .addNode(Recipe.node("Concat", "batch", "boxes shape")
                        .addInput("rest")
                        .addAttribute(Recipe.integer("axis", 0)))
                .addNode(Recipe.node("Reshape", "pixels", "boxes").addInput("boxes shape"))
                .addInitializer(Recipe.integers("first", 0))
                .addInitializer(Recipe.integers("rest", -1, 6));
        return Recipe.model(graph, metadata);
    }

    /** Grey pixels for {@link #detector}: quarter q of that brightness. */
    public static byte[] quarters(int... brightness) {
        byte[] pixels = new byte[DETECTOR_SIZE * DETECTOR_SIZE];
        int half = DETECTOR_SIZE / 2;
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) brightness[i / DETECTOR_SIZE / half * 2 + i % DETECTOR_SIZE / half];
        }
        return pixels;
    }

    private static int stripeOf(int pixel, int pixels, int classes) {
        return (int) ((long) pixel * classes / pixels);
    }

    private static float weight(int pixels, int channels, int classes, int stripe) {
        long size = IntStream.range(0, pixels)
                .filter(pixel -> stripeOf(pixel, pixels, classes) == stripe)
                .count();
        return GAIN / (size * channels * 255f);
    }

    /**
     * Everything about a tiny classifier that a test may want otherwise.
     *
     * @param bias added to every logit
     * @param batch 0: any; n: fixed
     * @param metadata properties that are set; empty for a file that says nothing of itself
     */
    public record Recipe(
            int height,
            int width,
            int channels,
            int classes,
            int seed,
            TensorLayout layout,
            ElementType elementType,
            int batch,
            float bias,
            Map<String, String> metadata) {

        public static Recipe of(int height, int width, int channels, int classes) {
            Map<String, String> metadata = new LinkedHashMap<>();
            metadata.put("millrace.task", "classification");
            metadata.put("millrace.name", "tiny");
            metadata.put("millrace.precision", "fp32");
            metadata.put("millrace.input.mean", "0");
            metadata.put("millrace.input.scale", "1");
            metadata.put("millrace.input.layout", "NCHW");
            metadata.put("millrace.input.channel-order", channels == 1 ? "GREY" : "RGB");
            metadata.put(
                    "millrace.labels",
                    IntStream.range(0, classes)
                            .mapToObj(k -> "\"label " + k + "\"")
                            .collect(Collectors.joining(",", "[", "]")));
            return new Recipe(
                    height,
                    width,
                    channels,
                    classes,
                    0,
                    TensorLayout.NCHW,
                    ElementType.UINT8,
                    0,
                    0,
                    Map.copyOf(metadata));
        }

        public Recipe withSeed(int value) {
            return new Recipe(height, width, channels, classes, value, layout, elementType, batch, bias, metadata);
        }

        public Recipe withLayout(TensorLayout value) {
            return new Recipe(height, width, channels, classes, seed, value, elementType, batch, bias, metadata)
                    .with("millrace.input.layout", value.name());
        }

        public Recipe withElementType(ElementType value) {
            return new Recipe(height, width, channels, classes, seed, layout, value, batch, bias, metadata);
        }

        public Recipe withBatch(int value) {
            return new Recipe(height, width, channels, classes, seed, layout, elementType, value, bias, metadata);
        }

        public Recipe withBias(float value) {
            return new Recipe(height, width, channels, classes, seed, layout, elementType, batch, value, metadata);
        }

        public Recipe withMetadata(Map<String, String> value) {
            return new Recipe(
                    height, width, channels, classes, seed, layout, elementType, batch, bias, Map.copyOf(value));
        }

        /** One metadata property set. */
        public Recipe with(String key, String value) {
            Map<String, String> changed = new LinkedHashMap<>(metadata);
            changed.put(key, value);
            return withMetadata(changed);
        }

        /** One metadata property left out. */
        public Recipe without(String key) {
            Map<String, String> changed = new LinkedHashMap<>(metadata);
            changed.remove(key);
            return withMetadata(changed);
        }

        /** The ONNX file: Cast, Flatten, Gemm. */
        public byte[] build() {
            GraphProto.Builder graph = GraphProto.newBuilder()
                    .setName("tiny")
                    .addInput(tensor("pixels", inputType(), inputShape()))
                    .addOutput(tensor("logits", TensorProto.DataType.FLOAT, batchDim(), String.valueOf(classes)))
                    .addNode(node("Cast", "pixels", "floats").addAttribute(integer("to", 1)))
                    .addNode(node("Flatten", "floats", "flat").addAttribute(integer("axis", 1)))
                    .addNode(node("Gemm", "flat", "logits").addInput("weights").addInput("bias"))
                    .addInitializer(floats("weights", weights(), (long) height * width * channels, classes))
                    .addInitializer(floats("bias", biases(), classes));
            return model(graph, metadata);
        }

        private static byte[] model(GraphProto.Builder graph, Map<String, String> metadata) {
            ModelProto.Builder model = ModelProto.newBuilder()
                    .setIrVersion(8)
                    .setProducerName("millrace-test")
                    .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                    .setGraph(graph);
            metadata.forEach((key, value) -> model.addMetadataProps(
                    StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
            return model.build().toByteArray();
        }

        private float[] weights() {
            int pixels = height * width;
            float[] perStripe = new float[classes];
            for (int stripe = 0; stripe < classes; stripe++) {
                perStripe[stripe] = weight(pixels, channels, classes, stripe);
            }
            float[] weights = new float[pixels * channels * classes];
            for (int i = 0; i < pixels * channels; i++) {
                int stripe = stripeOf(layout == TensorLayout.NCHW ? i % pixels : i / channels, pixels, classes);
                weights[i * classes + (stripe + seed) % classes] = perStripe[stripe];
            }
            return weights;
        }

        private float[] biases() {
            float[] biases = new float[classes];
            Arrays.fill(biases, bias);
            return biases;
        }

        private TensorProto.DataType inputType() {
            return elementType == ElementType.UINT8 ? TensorProto.DataType.UINT8 : TensorProto.DataType.FLOAT;
        }

        private String batchDim() {
            return batch == 0 ? "N" : String.valueOf(batch);
        }

        private String[] inputShape() {
            String h = String.valueOf(height);
            String w = String.valueOf(width);
            String c = String.valueOf(channels);
            return layout == TensorLayout.NCHW
                    ? new String[] {batchDim(), c, h, w}
                    : new String[] {batchDim(), h, w, c};
        }

        private static ValueInfoProto tensor(String name, TensorProto.DataType type, String... dims) {
            TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
            for (String dim : dims) {
                TensorShapeProto.Dimension.Builder dimension = shape.addDimBuilder();
                if (Character.isDigit(dim.charAt(0))) {
                    dimension.setDimValue(Long.parseLong(dim));
                } else {
                    dimension.setDimParam(dim);
                }
            }
            TypeProto.Tensor.Builder tensor =
                    TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(shape);
            return ValueInfoProto.newBuilder()
                    .setName(name)
                    .setType(TypeProto.newBuilder().setTensorType(tensor))
                    .build();
        }

        private static NodeProto.Builder node(String op, String input, String output) {
            return NodeProto.newBuilder()
                    .setOpType(op)
                    .setName(op)
                    .addInput(input)
                    .addOutput(output);
        }

        private static AttributeProto integer(String name, long value) {
            return AttributeProto.newBuilder()
                    .setName(name)
                    .setType(AttributeProto.AttributeType.INT)
                    .setI(value)
                    .build();
        }

        private static TensorProto integers(String name, long... values) {
            TensorProto.Builder tensor = TensorProto.newBuilder()
                    .setName(name)
                    .setDataType(TensorProto.DataType.INT64.getNumber())
                    .addDims(values.length);
            for (long value : values) {
                tensor.addInt64Data(value);
            }
            return tensor.build();
        }

        private static TensorProto floats(String name, float[] values, long... dims) {
            TensorProto.Builder tensor =
                    TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.FLOAT.getNumber());
            for (long dim : dims) {
                tensor.addDims(dim);
            }
            for (float value : values) {
                tensor.addFloatData(value);
            }
            return tensor.build();
        }
    }
}

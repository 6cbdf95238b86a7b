package dev.millrace.trainer.observe;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.onnx.Graphs;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.worker.model.InputSize;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How images go into a model: the one graph input, and the arithmetic before it. A uint8 input takes the pixels as they are; a float
 * input takes {@code (pixel - mean) x scale}.
 *
 * @param tensor name of the graph input
 * @param pixels whether it takes uint8
 * @param shape of one image
 * @param planar NCHW; else NHWC
 * @param bgr blue first
 * @param mean in pixel units, one value or one per channel in the tensor's order
 * @param scale sized as mean is
 * @param fixedBatch 0: any; n: exactly n images
 */
public record ImageInput(
        String tensor,
        boolean pixels,
        ImageShape shape,
        boolean planar,
        boolean bgr,
        List<Float> mean,
        List<Float> scale,
        int fixedBatch) {
    public ImageInput {
        mean = List.copyOf(mean);
        scale = List.copyOf(scale);
        for (List<Float> values : List.of(mean, scale)) {
            if (values.size() != 1 && values.size() != shape.channels()) {
                throw new IllegalArgumentException("mean, scale: %d values (expected: 1 or %d, one per channel)"
                        .formatted(values.size(), shape.channels()));
            }
        }
    }

    /**
     * Reads it off the graph and the metadata, whose keys are those of {@link ModelMetadata}.
     *
     * @param metadata the model's own, completed by what a person says
     * @throws IllegalArgumentException when the model does not take one image tensor, or does not say how
     */
    public static ImageInput of(ModelProto model, Map<String, String> metadata) {
        List<ValueInfoProto> inputs = Graphs.inputs(model.getGraph());
        if (inputs.size() != 1) {
            throw new IllegalArgumentException("inputs: %s (expected: one, the images)"
                    .formatted(inputs.stream().map(ValueInfoProto::getName).toList()));
        }
        ValueInfoProto input = inputs.get(0);
        int type = input.getType().getTensorType().getElemType();
        TensorShapeProto dimensions = input.getType().getTensorType().getShape();
        if ((type != DataType.UINT8.getNumber() && type != DataType.FLOAT.getNumber())
                || dimensions.getDimCount() != 4) {
            throw new IllegalArgumentException("input %s: %s of %d dimensions (expected: UINT8 or FLOAT images, 4)"
                    .formatted(input.getName(), DataType.forNumber(type), dimensions.getDimCount()));
        }
        boolean planar = isPlanar(dimensions, metadata.get(ModelMetadata.LAYOUT));
        String said = metadata.get(ModelMetadata.SIZE);
        InputSize open = said == null ? new InputSize(0, 0) : InputSize.of(said);
        ImageShape shape = new ImageShape(
                size(input, planar ? 2 : 1, open.height()),
                size(input, planar ? 3 : 2, open.width()),
                size(input, planar ? 1 : 3, 0));
        boolean pixels = type == DataType.UINT8.getNumber();
        return new ImageInput(
                input.getName(),
                pixels,
                shape,
                planar,
                "BGR".equals(metadata.get(ModelMetadata.CHANNEL_ORDER)),
                pixels ? List.of(0f) : numbers(metadata, ModelMetadata.MEAN, "--mean"),
                pixels ? List.of(1f) : numbers(metadata, ModelMetadata.SCALE, "--scale"),
                (int) Math.max(0, dimensions.getDim(0).getDimValue()));
    }

    private static boolean isPlanar(TensorShapeProto dimensions, @Nullable String layout) {
        boolean planar = isChannels(dimensions.getDim(1).getDimValue());
        boolean interleaved = isChannels(dimensions.getDim(3).getDimValue());
        if (planar == interleaved && layout == null) {
            throw new IllegalArgumentException(
                    ModelMetadata.LAYOUT + ": absent, and the graph leaves it open" + " (expected: NCHW or NHWC)");
        }
        return planar == interleaved ? "NCHW".equals(layout) : planar;
    }

    private static boolean isChannels(long size) {
        return size == 1 || size == 3;
    }

    /** @param open what it is where the graph leaves it open; 0: nobody says */
    private static int size(ValueInfoProto input, int axis, int open) {
        TensorShapeProto.Dimension dimension =
                input.getType().getTensorType().getShape().getDim(axis);
        long size = dimension.hasDimValue() && dimension.getDimValue() > 0 ? dimension.getDimValue() : open;
        if (size < 1 || size > Short.MAX_VALUE) {
            throw new IllegalArgumentException("input %s: dimension %d is %d (expected: a fixed size of 1 to %d)"
                    .formatted(input.getName(), axis, size, Short.MAX_VALUE));
        }
        return (int) size;
    }

    private static List<Float> numbers(Map<String, String> metadata, String key, String option) {
        String text = metadata.get(key);
        if (text == null) {
            throw new IllegalArgumentException(
                    "%s: absent, and the model takes floats (expected: say it with %s)".formatted(key, option));
        }
        return ModelMetadata.numbers(key, text);
    }

    /** Images that one run takes, where a caller would like {@code wanted} of them. */
    int batch(int wanted) {
        return fixedBatch == 0 ? wanted : fixedBatch;
    }

    /** Images {@code from} to {@code from + n - 1} as a tensor; those beyond the last one begin again with the first. */
    OnnxTensor tensor(OrtEnvironment environment, LabelledImages images, int from, int n) throws OrtException {
        if (!images.shape().equals(shape)) {
            throw new IllegalArgumentException(
                    "images: %s (expected: %s, as the model takes)".formatted(images.shape(), shape));
        }
        long[] dimensions = planar
                ? new long[] {n, shape.channels(), shape.height(), shape.width()}
                : new long[] {n, shape.height(), shape.width(), shape.channels()};
        ByteBuffer bytes = ByteBuffer.allocateDirect(n * shape.bytes() * (pixels ? 1 : Float.BYTES))
                .order(ByteOrder.nativeOrder());
        FloatBuffer floats = bytes.asFloatBuffer();
        int plane = shape.height() * shape.width();
        int channels = shape.channels();
        for (int i = 0; i < n; i++) {
            byte[] image = images.image((from + i) % images.size());
            for (int at = 0; at < image.length; at++) {
                int c = planar ? at / plane : at % channels;
                int p = planar ? at % plane : at / channels;
                byte pixel = image[p * channels + (bgr ? channels - 1 - c : c)];
                if (pixels) {
                    bytes.put(pixel);
                } else {
                    floats.put((Byte.toUnsignedInt(pixel) - of(mean, c)) * of(scale, c));
                }
            }
        }
        return pixels
                ? OnnxTensor.createTensor(environment, bytes.flip(), dimensions, OnnxJavaType.UINT8)
                : OnnxTensor.createTensor(environment, floats.flip(), dimensions);
    }

    private static float of(List<Float> values, int channel) {
        return values.get(values.size() == 1 ? 0 : channel);
    }
}

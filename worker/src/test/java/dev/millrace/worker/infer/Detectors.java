package dev.millrace.worker.infer;

import dev.millrace.worker.decode.ChannelOrder;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.decode.Placement;
import dev.millrace.worker.decode.Resizing;
import dev.millrace.worker.decode.TensorLayout;
import dev.millrace.worker.model.ElementType;
import dev.millrace.worker.model.ModelOutput;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.model.Task;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Detectors without a graph: specs, and heads that read what a test gives them. */
final class Detectors {

    private Detectors() {}

    /** With a canvas of that size, classes {@code "class 0"} and so on. */
    static ModelSpec spec(int width, int height, int classes, Map<String, String> head, List<ModelOutput> outputs) {
        return new ModelSpec(
                "detector",
                1,
                "0".repeat(64),
                1,
                "fp32",
                "image",
                ElementType.UINT8,
                new PixelShape(height, width, 3, TensorLayout.NCHW, ChannelOrder.RGB),
                List.of(0f),
                List.of(1f),
                1,
                Resizing.NONE,
                Task.DETECTION,
                outputs,
                IntStream.range(0, classes).mapToObj(i -> "class " + i).toList(),
                head);
    }

    static ModelOutput output(String name, Integer... shape) {
        return new ModelOutput(name, List.of(shape));
    }

    /** What it finds on an image that is the canvas. */
    static List<DetectedBox> find(ModelSpec spec, float[]... outputs) {
        return find(spec, Placement.whole(spec.pixels().width(), spec.pixels().height()), outputs);
    }

    static List<DetectedBox> find(ModelSpec spec, Placement placement, float[]... outputs) {
        List<FloatBuffer> buffers =
                Arrays.stream(outputs).map(FloatBuffer::wrap).toList();
        return new DetectionHead(spec).answer(buffers, 0, placement).found();
    }
}

package dev.millrace.worker.infer;

import dev.millrace.worker.decode.Placement;
import dev.millrace.worker.infer.NonMaximumSuppression.Among;
import dev.millrace.worker.model.ModelSpec;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A detector's outputs to boxes on the image: those whose score reaches the threshold, without those that a better one
 * suppresses, clipped to the image. Each place of the outputs gives one box at most, of its best class. Places below the
 * threshold are compared and no more. Belongs to one thread.
 */
final class DetectionHead implements TaskHead {

    private final List<String> labels;
    private final float threshold;
    private final int mostBoxes;
    private final List<Level> levels;
    private final NonMaximumSuppression suppression;
    private final Candidates candidates = new Candidates();
    private final Corners corners = new Corners();

    /** @throws IllegalArgumentException if the spec's parameters are none that its decoding takes, or do not fit its outputs */
    DetectionHead(ModelSpec spec) {
        HeadParameters parameters = new HeadParameters(spec.head());
        String decoding = parameters.required("decoding", "how boxes are coded, such as yolov8");
        labels = spec.labels();
        threshold = DetectionThreshold.of(parameters);
        mostBoxes = parameters.whole("boxes.most", 300, 1, 10_000);
        levels = BoxDecodings.of(decoding, new Detector(spec, parameters, threshold));
        suppression = new NonMaximumSuppression(
                parameters.choice("nms", decoding.equals("listed") ? Among.NONE : Among.CLASS),
                parameters.number("nms.iou", 0.45f, 0, 1),
                parameters.whole("nms.candidates", 1000, 1, 10_000));
        parameters.requireNoOthers();
    }

    @Override
    public Answer.Boxes answer(List<FloatBuffer> outputs, int row, Placement placement) {
        candidates.clear();
        for (Level level : levels) {
            level.read(outputs, row);
            collect(level);
        }
        suppression.choose(candidates);
        List<DetectedBox> found = new ArrayList<>();
        for (int rank = 0; rank < suppression.size() && found.size() < mostBoxes; rank++) {
            add(suppression.kept(rank), placement, found);
        }
        return new Answer.Boxes(found);
    }

    private void collect(Level level) {
        Scores scores = level.scores();
        for (int place = 0; place < scores.places(); place++) {
            float score = scores.score(place);
            if (score >= threshold) {
                level.boxes().decode(place, corners);
                candidates.add(corners, score, scores.index(place));
            }
        }
    }

    private void add(int candidate, Placement placement, List<DetectedBox> found) {
        candidates.get(candidate, corners);
        float left = (float) placement.imageX(corners.left);
        float top = (float) placement.imageY(corners.top);
        float width = (float) placement.imageX(corners.right) - left;
        float height = (float) placement.imageY(corners.bottom) - top;
        if (width > 0 && height > 0) {
            int index = candidates.index(candidate);
            found.add(new DetectedBox(index, labels.get(index), candidates.score(candidate), left, top, width, height));
        }
    }
}

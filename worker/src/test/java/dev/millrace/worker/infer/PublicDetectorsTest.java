package dev.millrace.worker.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.Placement;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.LoadedModel;
import dev.millrace.worker.model.ModelSpec;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Public detectors, which are not part of this project, on real pictures: {@code -Dmillrace.models=DIR} with {@code fastestdet.onnx},
 * {@code rfb-320.onnx}, perhaps their {@code .int8.onnx}, and {@code images/}. Beside what their own demos make of the same outputs.
 */
@EnabledIfSystemProperty(named = "millrace.models", matches = ".+")
final class PublicDetectorsTest {

    private record Found(int index, double score, double left, double top, double right, double bottom) {
        double overlap(Found other) {
            double width = Math.min(right, other.right) - Math.max(left, other.left);
            double height = Math.min(bottom, other.bottom) - Math.max(top, other.top);
            double both = Math.max(0, width) * Math.max(0, height);
            return both / (area() + other.area() - both);
        }

        double area() {
            return (right - left) * (bottom - top);
        }
    }

    static Stream<Path> models() throws IOException {
        String folder = System.getProperty("millrace.models", "");
        try (Stream<Path> files = Files.list(Path.of(folder))) {
            return files.filter(file -> file.toString().endsWith(".onnx")).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void findWhatTheirDemosFind(Path file) throws Exception {
        byte[] onnx = Files.readAllBytes(file);
        ModelSpec spec = ModelSpec.describe(onnx);
        boolean fastestDet = spec.name().equals("fastestdet");
        int boxes = 0;
        try (LoadedModel model = LoadedModel.load(onnx, spec, DeviceRequest.ANY_CPU, 1);
                Predictor predictor = new Predictor(model, 1, DecodeLimits.DEFAULT);
                Stream<Path> images = Files.list(file.resolveSibling("images"))) {
            for (Path image : images.sorted().toList()) {
                Prediction prediction = predictor.predict(EncodedImage.ofFile(image));
                Answer.Boxes answer = (Answer.Boxes) prediction.answer();
                List<Found> all = fastestDet ? fastestDet(model.outputs()) : rfb(model.outputs());
                List<Found> expected = suppressed(all, fastestDet ? 0.45 : 0.3);
                assertSame(image.toString(), answer, expected, prediction.placement());
                boxes += answer.found().size();
                System.out.printf(
                        "%s %s: %s, %.1f + %.1f ms%n",
                        file.getFileName(),
                        image.getFileName(),
                        answer.counts(),
                        prediction.decodeNanos() / 1e6,
                        prediction.inferNanos() / 1e6);
            }
        }
        assertThat(boxes).isGreaterThan(5);
    }

    /** Of [85, 22, 22], in parts of the image. */
    private static List<Found> fastestDet(List<FloatBuffer> outputs) {
        FloatBuffer map = outputs.get(0);
        int cells = 22;
        List<Found> found = new ArrayList<>();
        for (int y = 0; y < cells; y++) {
            for (int x = 0; x < cells; x++) {
                int at = y * cells + x;
                int plane = cells * cells;
                int best = 5;
                for (int k = 6; k < 85; k++) {
                    best = map.get(k * plane + at) > map.get(best * plane + at) ? k : best;
                }
                double score = Math.pow(map.get(at), 0.6) * Math.pow(map.get(best * plane + at), 0.4);
                if (score > 0.65) {
                    double cx = (x + Math.tanh(map.get(plane + at))) / cells;
                    double cy = (y + Math.tanh(map.get(2 * plane + at))) / cells;
                    double w = 1 / (1 + Math.exp(-map.get(3 * plane + at)));
                    double h = 1 / (1 + Math.exp(-map.get(4 * plane + at)));
                    found.add(new Found(best - 5, score, cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2));
                }
            }
        }
        return found;
    }

    /** Of scores [4420, 2] and corners [4420, 4], in parts of the image. */
    private static List<Found> rfb(List<FloatBuffer> outputs) {
        List<Found> found = new ArrayList<>();
        for (int i = 0; i < 4420; i++) {
            float score = outputs.get(0).get(2 * i + 1);
            if (score > 0.7) {
                FloatBuffer box = outputs.get(1);
                found.add(new Found(
                        0, score, box.get(4 * i), box.get(4 * i + 1), box.get(4 * i + 2), box.get(4 * i + 3)));
            }
        }
        return found;
    }

    private static List<Found> suppressed(List<Found> all, double threshold) {
        List<Found> left = new ArrayList<>(all);
        left.sort(Comparator.comparingDouble(box -> -box.score()));
        List<Found> kept = new ArrayList<>();
        while (!left.isEmpty()) {
            Found best = left.remove(0);
            kept.add(best);
            left.removeIf(box -> box.index() == best.index() && box.overlap(best) > threshold);
        }
        return kept;
    }

    private static void assertSame(String image, Answer.Boxes answer, List<Found> expected, Placement placement) {
        double width = placement.imageWidth();
        double height = placement.imageHeight();
        assertThat(answer.found()).as(image).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            Found wanted = expected.get(i);
            DetectedBox box = answer.found().get(i);
            String what = image + ": " + box;
            assertThat(box.index()).as(what).isEqualTo(wanted.index());
            assertThat((double) box.score()).as(what).isCloseTo(wanted.score(), within(1e-5));
            assertThat((double) box.x()).as(what).isCloseTo(clip(wanted.left(), width), within(0.01));
            assertThat((double) box.y()).as(what).isCloseTo(clip(wanted.top(), height), within(0.01));
            assertThat((double) box.x() + box.width()).as(what).isCloseTo(clip(wanted.right(), width), within(0.01));
            assertThat((double) box.y() + box.height()).as(what).isCloseTo(clip(wanted.bottom(), height), within(0.01));
        }
    }

    private static double clip(double part, double size) {
        return Math.max(0, Math.min(1, part)) * size;
    }
}

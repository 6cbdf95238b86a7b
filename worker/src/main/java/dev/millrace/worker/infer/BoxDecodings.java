package dev.millrace.worker.infer;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Which box decodings there are, by the name that {@code millrace.head.decoding} calls them. Stateless. */
final class BoxDecodings {

    private static final Map<String, Factory> ALL = Map.ofEntries(
            Map.entry("boxes", DecodedBoxes::apart),
            Map.entry("yolov5", DecodedBoxes::withObjectness),
            Map.entry("yolov8", DecodedBoxes::withoutObjectness),
            Map.entry("listed", DecodedBoxes::listed),
            Map.entry("ssd", PriorBoxes::levels),
            Map.entry("yolo-anchors", AnchorBoxes::levels),
            Map.entry("yolox", OffsetBoxes::levels),
            Map.entry("cells", CellBoxes::levels),
            Map.entry("distance", DistanceBoxes::levels));

    private BoxDecodings() {}

    @FunctionalInterface
    private interface Factory {
        List<Level> levels(Detector detector);
    }

    /** @throws IllegalArgumentException if there is none of that name, or the outputs or parameters are not what it takes */
    static List<Level> of(String name, Detector detector) {
        Factory factory = ALL.get(name);
        if (factory == null) {
            throw HeadParameters.wrong("decoding", name, "one of " + new TreeSet<>(ALL.keySet()));
        }
        return factory.levels(detector);
    }
}

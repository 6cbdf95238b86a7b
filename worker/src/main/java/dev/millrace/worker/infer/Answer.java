package dev.millrace.worker.infer;

import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a model says of one image; which kind, its task decides. */
public sealed interface Answer {

    /**
     * What the image shows.
     *
     * @param best the best first
     */
    record Labels(List<ScoredLabel> best) implements Answer {
        public Labels {
            best = List.copyOf(best);
        }
    }

    /**
     * What a detector found.
     *
     * @param found best score first
     */
    record Boxes(List<DetectedBox> found) implements Answer {
        public Boxes {
            found = List.copyOf(found);
        }

        /** Boxes by class name, the most frequent first, then by name; classes without one are left out. */
        public Map<String, Integer> counts() {
            Map<String, Integer> byName = new TreeMap<>();
            for (DetectedBox box : found) {
                byName.merge(box.label(), 1, Integer::sum);
            }
            return mostFirst(byName);
        }
    }

    /** The same in the order of falling counts; those that are equal stay in theirs. */
    static Map<String, Integer> mostFirst(Map<String, Integer> counts) {
        Map<String, Integer> sorted = new LinkedHashMap<>();
        counts.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
        return sorted;
    }

    /**
     * A class for each pixel of the upright image, or of one of its proportions with fewer pixels.
     *
     * @param labels class names by index
     * @param counts pixels by class name, the most frequent first; classes without one are left out
     * @param png 8-bit grey, whose values are class indices; from position to limit
     */
    record LabelMap(int width, int height, List<String> labels, Map<String, Integer> counts, ByteBuffer png)
            implements Answer {}

    /** The vector that stands for the image. */
    record Embedding(List<Float> vector) implements Answer {
        public Embedding {
            vector = List.copyOf(vector);
        }
    }
}

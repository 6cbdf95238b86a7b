package dev.millrace.worker.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What Ultralytics' exporters write into a detector's file (https://docs.ultralytics.com/modes/export): {@code names}, a Python dict or
 * list, {@code stride}, and, where it is newer than YOLOv5, {@code task} and {@code imgsz}, height first; the newest name the {@code head},
 * too. How it is used follows from that. Stateless.
 */
final class UltralyticsExport {

    private static final String TASK = "task";
    private static final String NAMES = "names";
    private static final String STRIDE = "stride";
    /** Of each box: a graph that chooses boxes itself, end2end or with nms, gives corners, score and class. */
    private static final int LISTED = 6;

    private static final Pattern SIZE = Pattern.compile("\\[?\\s*+(\\d{1,5})(?:\\s*+,\\s*+(\\d{1,5}))?+\\s*+]?");

    /** A key, where there is one, and a quoted string. */
    private static final Pattern NAME = Pattern.compile(
            "\\G[\\[{,\\s]*+(?:(\\d{1,6})\\s*+:\\s*+)?+(?:'([^'\\\\]*+(?:\\\\.[^'\\\\]*+)*+)'|\"([^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+)\")");

    private static final Pattern ESCAPE = Pattern.compile("\\\\(.)");

    private UltralyticsExport() {}

    /** Whether it may be one: the oldest say little of themselves. */
    static boolean is(Map<String, String> metadata) {
        return metadata.keySet().containsAll(List.of(NAMES, STRIDE));
    }

    /** Whether it is newer than YOLOv5. */
    private static boolean isNewer(Map<String, String> metadata) {
        return is(metadata) && metadata.containsKey(TASK);
    }

    /** Of the images that it was exported for, where it says so. */
    static Optional<InputSize> size(Map<String, String> metadata) {
        Matcher size = SIZE.matcher(metadata.getOrDefault("imgsz", ""));
        if (!isNewer(metadata) || !size.matches()) {
            return Optional.empty();
        }
        int height = Integer.parseInt(size.group(1));
        return Optional.of(new InputSize(size.group(2) == null ? height : Integer.parseInt(size.group(2)), height));
    }

    /**
     * The properties of such a detector; none where it is none. Those of its head are left out where somebody says how boxes are coded.
     *
     * @throws ModelRefusedException if it is of another task, or codes boxes in a way that is not known
     */
    static Map<String, String> propertiesOf(Map<String, String> metadata, List<GraphTensor> outputs)
            throws ModelRefusedException {
        if (!is(metadata)) {
            return Map.of();
        }
        List<String> names = names(metadata.getOrDefault(NAMES, ""));
        boolean stated = metadata.containsKey(ModelProperties.HEAD + "decoding");
        Map<String, String> head = stated ? Map.of() : head(metadata, names.size(), outputs.get(0));
        if ((head.isEmpty() && !stated) || names.isEmpty()) {
            return Map.of();
        }
        Map<String, String> properties = new HashMap<>();
        properties.put(ModelProperties.TASK, Task.DETECTION.word());
        properties.put(ModelProperties.LABELS, ModelProperties.json(names));
        properties.put(ModelProperties.MEAN, "0");
        properties.put(ModelProperties.SCALE, "0.003921569");
        properties.put(ModelProperties.RESIZE, isTransformer(metadata) ? "stretch" : "letterbox");
        properties.put(ModelProperties.FILTER, "bilinear");
        properties.put(ModelProperties.FILL, "114");
        head.forEach((key, value) -> properties.put(ModelProperties.HEAD + key, value));
        return properties;
    }

    private static Map<String, String> head(Map<String, String> metadata, int classes, GraphTensor output)
            throws ModelRefusedException {
        boolean newer = isNewer(metadata);
        Map<String, String> head = new HashMap<>();
        if (!newer) {
            if (classes == 0 || output.dimension(2) != 5 + classes) {
                return Map.of();
            }
            head.put("decoding", "yolov5");
        } else {
            requireDetector(metadata, classes);
            if (output.dimension(2) == LISTED) {
                head.put("decoding", "listed");
                if (isTransformer(metadata)) {
                    head.put("format", "centre");
                    head.put("unit", "canvas");
                }
            } else if (output.dimension(1) == 4 + classes && !isTransformer(metadata)) {
                head.put("decoding", "yolov8");
            } else {
                throw new ModelRefusedException("output: " + output + " (expected: of an Ultralytics detector of "
                        + classes
                        + " classes, [batch, " + (4 + classes) + ", boxes] or [batch, boxes, " + LISTED + "]; else say"
                        + " with " + ModelProperties.HEAD + "decoding how boxes are coded)");
            }
        }
        head.put("output", output.name());
        head.put("threshold", "0.25");
        head.put("nms.iou", newer ? "0.7" : "0.45");
        return head;
    }

    private static void requireDetector(Map<String, String> metadata, int classes) throws ModelRefusedException {
        String task = metadata.get(TASK);
        if (!"detect".equals(task)) {
            throw new ModelRefusedException(
                    TASK + ": " + task + " (expected: detect, of an Ultralytics export; else say with "
                            + ModelProperties.TASK + " and so on how it is used)");
        }
        if (classes == 0) {
            throw new ModelRefusedException(NAMES + ": " + shown(metadata.getOrDefault(NAMES, ""))
                    + " (expected: names of classes, numbered from 0)");
        }
    }

    private static String shown(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "...";
    }

    /** RT-DETR: stretched images; boxes as centre and size, in parts of the image. */
    private static boolean isTransformer(Map<String, String> metadata) {
        return metadata.getOrDefault("head", "").equals("RTDETRDecoder");
    }

    /** None if they are not numbered from 0. */
    private static List<String> names(String python) {
        List<String> names = new ArrayList<>();
        Matcher matcher = NAME.matcher(python);
        while (matcher.find()) {
            String key = matcher.group(1);
            if (key != null && Integer.parseInt(key) != names.size()) {
                return List.of();
            }
            String name = matcher.group(2) == null ? matcher.group(3) : matcher.group(2);
            names.add(ESCAPE.matcher(name).replaceAll("$1"));
        }
        return names;
    }
}

package dev.millrace.worker.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What Ultralytics' exporters write into a detector's file (https://docs.ultralytics.com/modes/export): {@code names}, a Python dict or
 * list, {@code stride}, and {@code task} where it is newer than YOLOv5. How it is used follows from that. Stateless.
 */
final class UltralyticsExport {

    /** A key, where there is one, and a quoted string. */
    private static final Pattern NAME = Pattern.compile(
            "\\G[\\[{,\\s]*+(?:(\\d{1,6})\\s*+:\\s*+)?+(?:'([^'\\\\]*+(?:\\\\.[^'\\\\]*+)*+)'|\"([^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+)\")");

    private static final Pattern ESCAPE = Pattern.compile("\\\\(.)");

    private UltralyticsExport() {}

    /** The properties of such a detector; none where it is none. */
    static Map<String, String> propertiesOf(Map<String, String> metadata, List<GraphTensor> outputs) {
        String task = metadata.getOrDefault("task", "detect");
        if (!task.equals("detect") || !metadata.containsKey("names") || !metadata.containsKey("stride")) {
            return Map.of();
        }
        List<String> names = names(metadata.get("names"));
        GraphTensor output = outputs.get(0);
        boolean newer = metadata.containsKey("task");
        String decoding;
        if (newer && output.dimension(1) == 4 + names.size()) {
            decoding = "yolov8";
        } else if (newer && output.dimension(2) == 6) {
            decoding = "listed";
        } else if (output.dimension(2) == 5 + names.size()) {
            decoding = "yolov5";
        } else {
            return Map.of();
        }
        Map<String, String> properties = new HashMap<>();
        properties.put(ModelProperties.TASK, Task.DETECTION.word());
        properties.put(ModelProperties.LABELS, ModelProperties.json(names));
        properties.put(ModelProperties.MEAN, "0");
        properties.put(ModelProperties.SCALE, "0.003921569");
        properties.put(ModelProperties.RESIZE, "letterbox");
        properties.put(ModelProperties.FILTER, "bilinear");
        properties.put(ModelProperties.FILL, "114");
        properties.put(ModelProperties.HEAD + "decoding", decoding);
        properties.put(ModelProperties.HEAD + "output", output.name());
        properties.put(ModelProperties.HEAD + "threshold", "0.25");
        properties.put(ModelProperties.HEAD + "nms.iou", newer ? "0.7" : "0.45");
        return properties;
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

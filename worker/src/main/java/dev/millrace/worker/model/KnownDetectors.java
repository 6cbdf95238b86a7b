package dev.millrace.worker.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;

/**
 * How public detectors are used whose files do not say so: a resource for each, {@code <name>.properties}, with the properties that
 * its file lacks. It is known by {@code graph.input} and {@code graph.outputs}, names and shapes of the graph; {@code labels} names a
 * resource with a class on each line. Stateless.
 */
final class KnownDetectors {

    private static final List<String> ALL = List.of("fastestdet", "rfb-320");

    private KnownDetectors() {}

    /** The properties of a detector with such a graph; none where it is not known. */
    static Map<String, String> propertiesOf(GraphTensor input, List<GraphTensor> outputs) {
        String wanted = outputs.stream().map(GraphTensor::toString).collect(Collectors.joining(", "));
        for (String name : ALL) {
            Properties known = read(name);
            if (input.toString().equals(known.getProperty("graph.input"))
                    && wanted.equals(known.getProperty("graph.outputs"))) {
                return properties(known);
            }
        }
        return Map.of();
    }

    private static Map<String, String> properties(Properties known) {
        Map<String, String> properties = new HashMap<>();
        for (String key : known.stringPropertyNames()) {
            if (ModelProperties.isKnown(key)) {
                properties.put(key, known.getProperty(key));
            }
        }
        String labels = known.getProperty("labels");
        if (labels != null) {
            properties.put(ModelProperties.LABELS, ModelProperties.json(lines(labels)));
        }
        return properties;
    }

    private static Properties read(String name) {
        Properties properties = new Properties();
        try (InputStream in = open(name + ".properties")) {
            properties.load(new InputStreamReader(in, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties;
    }

    private static List<String> lines(String resource) {
        try (InputStream in = open(resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .strip()
                    .lines()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream open(String resource) throws IOException {
        InputStream in = KnownDetectors.class.getResourceAsStream(resource);
        if (in == null) {
            throw new IOException(
                    "resource: " + resource + " is missing (expected: beside " + KnownDetectors.class + ")");
        }
        return in;
    }
}

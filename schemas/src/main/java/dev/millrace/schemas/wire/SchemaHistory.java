package dev.millrace.schemas.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;

/**
 * Every version of a record's schema that was ever released, oldest first, from {@code history/<Record>-<n>.avsc} in
 * this jar. A reader accepts all of them.
 */
final class SchemaHistory {
    private SchemaHistory() {}

    /** The schema as it was released: with its words, and without what is only for Java. */
    static Schema newest(Schema current) {
        List<Schema> versions = of(current);
        return versions.isEmpty() ? current : versions.get(versions.size() - 1);
    }

    static List<Schema> of(Schema current) {
        List<Schema> versions = new ArrayList<>();
        for (int version = 1; ; version++) {
            String file = "history/" + current.getName() + "-" + version + ".avsc";
            try (InputStream in = SchemaHistory.class.getResourceAsStream(file)) {
                if (in == null) {
                    return List.copyOf(versions);
                }
                versions.add(new Schema.Parser().parse(in));
            } catch (IOException e) {
                throw new UncheckedIOException("schema history: " + file + " (expected: a readable resource)", e);
            }
        }
    }
}

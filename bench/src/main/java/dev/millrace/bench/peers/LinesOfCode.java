package dev.millrace.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Counts what somebody has to write: lines that are neither empty nor comments. Imports count. */
final class LinesOfCode {
    private LinesOfCode() {}

    /** Of some files in a folder. */
    static int of(Path folder, List<String> files) throws IOException {
        int lines = 0;
        for (String file : files) {
            lines += of(Files.readString(folder.resolve(file)));
        }
        return lines;
    }

    /** Of a text in Java, JavaScript or Python, whose block comments and docstrings stand on lines of their own. */
    static int of(String text) {
        int lines = 0;
        @Nullable String end = null;
        for (String line : text.lines().map(String::strip).toList()) {
            if (end != null) {
                end = line.contains(end) ? null : end;
            } else if (line.startsWith("/*")) {
                end = line.contains("*/") ? null : "*/";
            } else if (line.startsWith("\"\"\"")) {
                end = line.length() > 3 && line.endsWith("\"\"\"") ? null : "\"\"\"";
            } else if (!line.isEmpty() && !line.startsWith("//") && !line.startsWith("#")) {
                lines++;
            }
        }
        return lines;
    }
}

package dev.millrace.broker;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The end of a log file that another process may still be writing. */
final class LogTail {

    private static final int BYTES = 64 * 1024;

    private final Path file;

    LogTail(Path file) {
        this.file = file;
    }

    /** Up to {@code count} lines from the last 64 KiB, fewer if there are not so many; none while there is no file. */
    List<String> lastLines(int count) {
        try (InputStream in = Files.newInputStream(file)) {
            in.skipNBytes(Math.max(0, Files.size(file) - BYTES));
            List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            return lines.subList(Math.max(0, lines.size() - count), lines.size());
        } catch (IOException e) {
            return List.of();
        }
    }
}

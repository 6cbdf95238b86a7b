package dev.millrace.producer.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** True labels in a file, one {@code REQUEST_ID,LABEL} a line: what comes after the first comma is the label, commas and all. */
final class LabelFile {
    private static final Path STDIN = Path.of("-");

    private LabelFile() {}

    /** One line. */
    record Entry(String requestId, String label) {}

    /**
     * Reads all of it; {@code -} is standard input.
     *
     * @throws IllegalArgumentException when it cannot be read, or a line is of another form
     */
    static List<Entry> read(Path file) {
        try (BufferedReader reader = file.equals(STDIN)
                ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
                : Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            List<Entry> entries = new ArrayList<>();
            int number = 1;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (!line.isBlank()) {
                    entries.add(entry(line, file, number));
                }
                number++;
            }
            return entries;
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException("--file: " + file + " (expected: a file that is there)", e);
        } catch (IOException e) {
            throw new IllegalArgumentException("--file: " + file + " (expected: a readable text file in UTF-8)", e);
        }
    }

    private static Entry entry(String line, Path file, int number) {
        int comma = line.indexOf(',');
        String id = comma < 0 ? "" : line.substring(0, comma).strip();
        String label = line.substring(comma + 1).strip();
        if (id.isEmpty() || label.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s, line %d: %s (expected: REQUEST_ID,LABEL)".formatted(file, number, SafeText.of(line)));
        }
        return new Entry(id, label);
    }
}

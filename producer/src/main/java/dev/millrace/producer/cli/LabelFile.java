package dev.millrace.producer.cli;

import dev.millrace.producer.RequestPlace;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * True labels in a file, one {@code REQUEST_ID,LABEL} a line; where its first line is {@value #PLACED}, one such line a request. The label
 * is last, commas and all.
 */
final class LabelFile {
    private static final Path STDIN = Path.of("-");
    private static final String PLAIN = "request_id,label";
    private static final String PLACED = "request_id,topic,partition,offset,label";
    private static final Pattern PLACED_LINE = Pattern.compile(
            "([^,]*[^,\\s])\\s*,\\s*([^,\\s]+)\\s*," + "\\s*([0-9]{1,9})\\s*,\\s*([0-9]{1,18})\\s*,\\s*(\\S.*)");

    private LabelFile() {}

    /**
     * One line.
     *
     * @param place where the request is; null: not known
     */
    record Entry(String requestId, @Nullable RequestPlace place, String label) {}

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
            boolean placed = false;
            int number = 1;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                boolean header = number == 1
                        && (line.strip().equals(PLAIN) || line.strip().equals(PLACED));
                if (header) {
                    placed = line.strip().equals(PLACED);
                } else if (!line.isBlank()) {
                    entries.add(placed ? placed(line, file, number) : plain(line, file, number));
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

    private static Entry plain(String line, Path file, int number) {
        int comma = line.indexOf(',');
        String id = comma < 0 ? "" : line.substring(0, comma).strip();
        String label = line.substring(comma + 1).strip();
        if (id.isEmpty() || label.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s, line %d: %s (expected: REQUEST_ID,LABEL)".formatted(file, number, SafeText.of(line)));
        }
        return new Entry(id, null, label);
    }

    private static Entry placed(String line, Path file, int number) {
        Matcher parts = PLACED_LINE.matcher(line.strip());
        if (parts.matches()) {
            RequestPlace place =
                    new RequestPlace(parts.group(2), Integer.parseInt(parts.group(3)), Long.parseLong(parts.group(4)));
            return new Entry(parts.group(1), place, parts.group(5));
        }
        throw new IllegalArgumentException("%s, line %d: %s (expected: %s)"
                .formatted(file, number, SafeText.of(line), PLACED.toUpperCase(Locale.ROOT)));
    }
}

package dev.millrace.schemas.picture;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** What was found, as people read it: {@code person 3, car 2}. Stateless. */
public final class CountLines {
    private CountLines() {}

    /** In one line, the most frequent first, then by name; {@code nothing} where there is none. */
    public static String text(Map<String, Integer> counts) {
        return String.join(" ", of(counts, Integer.MAX_VALUE));
    }

    /** The same in lines of at most so many columns; what is longer than a line is cut. */
    public static List<String> of(Map<String, Integer> counts, int columns) {
        if (counts.isEmpty()) {
            return List.of("nothing");
        }
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        int left = counts.size();
        for (Map.Entry<String, Integer> entry : sorted(counts)) {
            left--;
            String one = fit(entry.getKey(), " " + entry.getValue() + (left == 0 ? "" : ","), columns);
            if (line.length() > 0 && line.length() + 1 + one.length() > columns) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.length() == 0 ? "" : " ").append(one);
        }
        lines.add(line.toString());
        return lines;
    }

    private static List<Map.Entry<String, Integer>> sorted(Map<String, Integer> counts) {
        return counts.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .toList();
    }

    private static String fit(String name, String count, int columns) {
        int room = Math.max(1, columns - count.length());
        return (name.length() <= room ? name : name.substring(0, room)) + count;
    }
}

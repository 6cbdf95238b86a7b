package dev.millrace.infra.process;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The last few lines of a child's output. Written by its reader thread, read by any. */
final class RecentLines {
    private static final int LIMIT = 20;

    private final Deque<String> lines = new ArrayDeque<>(LIMIT);

    synchronized void add(String line) {
        if (lines.size() == LIMIT) {
            lines.removeFirst();
        }
        lines.addLast(line);
    }

    synchronized List<String> snapshot() {
        return List.copyOf(lines);
    }
}

package dev.millrace.bench.faults.history;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** The events of one run in the order in which they were seen. Any thread. */
public final class History {
    private static final JsonMapper JSON = new JsonMapper();

    private final long startNanos = System.nanoTime();
    private final List<Event> events = new ArrayList<>();

    /** Starts an empty history, whose clock begins now. */
    public History() {}

    /** Adds an event that is stamped with the time of now. */
    public synchronized void add(LongFunction<Event> event) {
        events.add(event.apply((System.nanoTime() - startNanos) / 1000));
    }

    /** Adds a step of the fault. */
    public void nemesis(String step, @Nullable String detail) {
        add(micros -> new Event.Nemesis(micros, step, detail));
    }

    /** What has been seen so far. */
    public synchronized List<Event> events() {
        return List.copyOf(events);
    }

    /** Writes it as one JSON object per line. */
    public void write(Path file) throws IOException {
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            for (Event event : events()) {
                out.write(JSON.writeValueAsString(event));
                out.newLine();
            }
        }
    }
}

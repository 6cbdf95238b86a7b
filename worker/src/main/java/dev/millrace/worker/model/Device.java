package dev.millrace.worker.model;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a session runs, written {@code cpu:3} (that logical CPU), {@code cpu:none} (any CPU) or {@code cuda:0}.
 *
 * @param index logical CPU or CUDA device, from 0; -1 for {@code cpu:none}
 */
public record Device(Kind kind, int index) {

    /** What executes the graph. */
    public enum Kind {
        CPU,
        CUDA
    }

    /** Any CPU: {@code cpu:none}. */
    public static final Device ANY_CPU = new Device(Kind.CPU, -1);

    private static final Pattern FORM = Pattern.compile("(cpu|cuda):(none|\\d{1,6})");

    /** Refuses an index below the first: -1 for a CPU, 0 for CUDA. */
    public Device {
        if (index < (kind == Kind.CPU ? -1 : 0)) {
            throw new IllegalArgumentException("device index: " + index + " (expected: at least 0)");
        }
    }

    /**
     * The device that the text names.
     *
     * @throws IllegalArgumentException if the text is not of the form above
     */
    public static Device parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches() || text.equals("cuda:none")) {
            throw new IllegalArgumentException("device: " + text + " (expected: cpu:N, cpu:none or cuda:N)");
        }
        Kind kind = Kind.valueOf(form.group(1).toUpperCase(Locale.ROOT));
        String index = form.group(2);
        return new Device(kind, index.equals("none") ? -1 : Integer.parseInt(index));
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT) + ":" + (index < 0 ? "none" : index);
    }
}

package dev.millrace.infra.demo;

import dev.millrace.infra.demo.Tally.Progress;
import java.io.Console;
import java.io.PrintWriter;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressState;
import org.jspecify.annotations.Nullable;

/**
 * How far the demo is: a bar on stderr where a person looks at it, a plain line every second elsewhere. Belongs to the
 * demo's thread; the bar draws from a thread of its own, which reads only {@link #text}.
 */
final class LiveLine implements AutoCloseable {
    private static final int COLUMNS = 79;
    private static final int BAR = 24;
    private static final long PLAIN_INTERVAL_NANOS = 1_000_000_000L;

    private final PrintWriter out;
    private final @Nullable ProgressBar bar;
    private final long startNanos = System.nanoTime();
    private long lastPlainNanos = startNanos;
    private volatile String text = "";

    private LiveLine(PrintWriter out, int images) {
        this.out = out;
        this.bar = isTerminal() ? bar(images) : null;
    }

    /**
     * Starts at none.
     *
     * @param out where plain lines go
     * @param images how many there will be
     */
    static LiveLine start(PrintWriter out, int images) {
        return new LiveLine(out, images);
    }

    private ProgressBar bar(int images) {
        return new ProgressBarBuilder()
                .setInitialMax(images)
                .setConsumer(new ConsoleProgressBarConsumer(System.err, COLUMNS))
                .setRenderer(this::render)
                .setUpdateIntervalMillis(100)
                .clearDisplayOnFinish()
                .build();
    }

    void show(Progress progress) {
        long now = System.nanoTime();
        text = String.format(
                Locale.ROOT,
                "published %,d, answered %,d, %,.0f images/s",
                progress.published(),
                progress.answered(),
                progress.answered() * 1e9 / (now - startNanos));
        if (bar != null) {
            bar.stepTo(progress.answered());
        } else if (now - lastPlainNanos >= PLAIN_INTERVAL_NANOS) {
            lastPlainNanos = now;
            out.println(text);
            out.flush();
        }
    }

    private String render(ProgressState state, int columns) {
        int done = (int) Math.round(BAR * state.getNormalizedProgress());
        String line = "[" + "=".repeat(done) + " ".repeat(BAR - done) + "] " + text;
        return line.length() <= columns ? line : line.substring(0, columns);
    }

    /** Clears the bar, or leaves a line between what was printed and what follows. */
    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        } else {
            out.println();
            out.flush();
        }
    }

    @SuppressWarnings("SystemConsoleNull") // From JDK 22 on there is always a console, which knows what it is.
    private static boolean isTerminal() {
        Console console = System.console();
        if (console == null || "dumb".equals(System.getenv("TERM"))) {
            return false;
        }
        try {
            return (Boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }
}

package dev.millrace.infra.demo;

import dev.millrace.infra.demo.Tally.Progress;
import java.io.Console;
import java.io.PrintWriter;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** How far the demo is: a bar on stderr where a person looks at it, a plain line every second elsewhere. One thread. */
final class LiveLine implements AutoCloseable {
    private static final int COLUMNS = 79;
    private static final long PLAIN_INTERVAL_NANOS = 1_000_000_000L;

    private final PrintWriter out;
    private final @Nullable ProgressBar bar;
    private final long startNanos = System.nanoTime();
    private long lastPlainNanos = startNanos;

    private LiveLine(PrintWriter out, @Nullable ProgressBar bar) {
        this.out = out;
        this.bar = bar;
    }

    /**
     * Starts at none.
     *
     * @param out where plain lines go
     * @param images how many there will be
     */
    static LiveLine start(PrintWriter out, int images) {
        if (!isTerminal()) {
            return new LiveLine(out, null);
        }
        return new LiveLine(
                out,
                new ProgressBarBuilder()
                        .setTaskName("answered")
                        .setInitialMax(images)
                        .setStyle(ProgressBarStyle.ASCII)
                        .setConsumer(new ConsoleProgressBarConsumer(System.err, COLUMNS))
                        .setUpdateIntervalMillis(100)
                        .showSpeed()
                        .setUnit(" images", 1)
                        .hideEta()
                        .clearDisplayOnFinish()
                        .build());
    }

    void show(Progress progress) {
        if (bar != null) {
            bar.setExtraMessage(String.format(Locale.ROOT, " published %,d", progress.published()));
            bar.stepTo(progress.answered());
            return;
        }
        long now = System.nanoTime();
        if (now - lastPlainNanos >= PLAIN_INTERVAL_NANOS) {
            lastPlainNanos = now;
            out.printf(
                    Locale.ROOT,
                    "published %,d, answered %,d, %,.0f images/s%n",
                    progress.published(),
                    progress.answered(),
                    progress.answered() * 1e9 / (now - startNanos));
            out.flush();
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
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

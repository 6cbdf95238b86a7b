package dev.millrace.bench.terminal;

import java.io.Console;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** How far something is: a bar on stderr where a person looks at it, nothing elsewhere. One thread. */
public final class ProgressLine implements AutoCloseable {
    private static final int COLUMNS = 79;

    private final @Nullable ProgressBar bar;

    /**
     * Shows nothing done yet.
     *
     * @param task a word before the bar
     * @param total what is done at the end
     */
    public ProgressLine(String task, long total) {
        bar = isTerminal() ? bar(task, total) : null;
    }

    private static ProgressBar bar(String task, long total) {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(System.err, COLUMNS))
                .setUpdateIntervalMillis(200)
                .clearDisplayOnFinish()
                .build();
    }

    @SuppressWarnings("SystemConsoleNull") // Up to JDK 21 no console means no terminal; later ones know themselves.
    private static boolean isTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }

    /** So much is done; {@code now} says what goes on. */
    public void at(long done, String now) {
        if (bar != null) {
            bar.stepTo(done);
            bar.setExtraMessage(" " + now);
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}

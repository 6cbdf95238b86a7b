package dev.millrace.producer.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A progress bar on stderr where a person looks at it, and messages that do not break it. Thread-safe. */
final class ProgressLine implements AutoCloseable {
    private static final int WIDTH = 79;
    private static final String CLEAR_LINE = "\r\033[K";

    private final PrintWriter messages;
    private final @Nullable ProgressBar bar;

    private ProgressLine(PrintWriter messages, @Nullable ProgressBar bar) {
        this.messages = messages;
        this.bar = bar;
    }

    /**
     * Starts the line.
     *
     * @param messages where messages go: stderr
     * @param things what is counted, such as images
     * @param total how many are to come; -1 when not known
     */
    static ProgressLine start(PrintWriter messages, String things, long total) {
        if (!Terminal.present()) {
            return new ProgressLine(messages, null);
        }
        PrintStream terminal = System.err;
        return new ProgressLine(
                messages,
                new ProgressBarBuilder()
                        .setTaskName(things)
                        .setInitialMax(total)
                        .setStyle(ProgressBarStyle.ASCII)
                        .setConsumer(new ConsoleProgressBarConsumer(terminal, WIDTH))
                        .showSpeed()
                        .clearDisplayOnFinish()
                        .build());
    }

    void step() {
        if (bar != null) {
            bar.step();
        }
    }

    void message(String text) {
        messages.println(bar == null ? text : CLEAR_LINE + text);
        messages.flush();
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}

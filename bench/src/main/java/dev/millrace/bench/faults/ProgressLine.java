package dev.millrace.bench.faults;

import dev.millrace.worker.delivery.DeliveryMode;
import java.io.Console;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** How far the campaign is: a bar on stderr where a person looks at it, nothing elsewhere. The campaign's thread. */
final class ProgressLine implements Campaign.Progress {
    private static final int COLUMNS = 79;

    private final @Nullable ProgressBar bar;

    ProgressLine(int runs) {
        bar = isTerminal() ? bar(runs) : null;
    }

    private static ProgressBar bar(int runs) {
        return new ProgressBarBuilder()
                .setTaskName("faults")
                .setInitialMax(runs)
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

    @Override
    public void running(int done, String fault, DeliveryMode mode) {
        if (bar != null) {
            bar.stepTo(done);
            bar.setExtraMessage(" " + fault + ", " + mode);
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}

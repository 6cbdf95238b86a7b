package dev.millrace.trainer.cli;

import dev.millrace.trainer.dataset.DownloadListener;
import java.time.Duration;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Shows a download on stderr as a bar with speed and time left. */
public final class DownloadProgress implements DownloadListener {
    private static final int WIDTH = 79;

    private @Nullable ProgressBar bar;

    private DownloadProgress() {}

    /** A bar where a person watches; else nothing is shown. */
    public static DownloadListener onTerminal() {
        return Terminal.isWatched() ? new DownloadProgress() : DownloadListener.NONE;
    }

    @Override
    public void waiting(String file) {
        System.err.println(file + ": another process downloads it, waiting for that");
    }

    @Override
    public void started(String file, long have, long total) {
        bar = new ProgressBarBuilder()
                .setTaskName(file)
                .setInitialMax(total)
                .setUnit("MB", 1_000_000)
                .setStyle(ProgressBarStyle.ASCII)
                .showSpeed()
                .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
                .startsFrom(have, Duration.ZERO)
                .build();
    }

    @Override
    public void received(int bytes) {
        if (bar != null) {
            bar.stepBy(bytes);
        }
    }

    @Override
    public void ended() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}

package dev.millrace.trainer.cli;

import java.util.function.IntConsumer;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Shows on stderr how many images are done, where a person watches; otherwise nothing. */
final class ImageProgress implements IntConsumer, AutoCloseable {
    private static final int WIDTH = 79;

    private final @Nullable ProgressBar bar;

    ImageProgress(String task, int images) {
        bar = Terminal.isWatched()
                ? new ProgressBarBuilder()
                        .setTaskName(task)
                        .setInitialMax(images)
                        .setStyle(ProgressBarStyle.ASCII)
                        .showSpeed()
                        .clearDisplayOnFinish()
                        .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
                        .build()
                : null;
    }

    @Override
    public void accept(int done) {
        if (bar != null) {
            bar.stepTo(done);
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}

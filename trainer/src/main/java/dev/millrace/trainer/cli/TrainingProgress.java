package dev.millrace.trainer.cli;

import dev.millrace.trainer.fit.EpochReport;
import dev.millrace.trainer.fit.TrainingListener;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Shows a run on stderr: where a person watches, a bar in thousands of images with loss, validation accuracy, images/s and time left;
 * otherwise one plain line per epoch.
 */
final class TrainingProgress implements TrainingListener, AutoCloseable {
    private static final int WIDTH = 79;

    private final PrintWriter out;
    private final boolean bar;
    private final int epochs;
    private final int batch;
    private String validation = "-";
    private @Nullable ProgressBar running;

    TrainingProgress(PrintWriter out, boolean bar, int epochs, int batch) {
        this.out = out;
        this.bar = bar;
        this.epochs = epochs;
        this.batch = batch;
    }

    @Override
    public void started(long steps, long done) {
        if (done > 0) {
            out.printf("continuing after step %d of %d%n", done, steps);
        }
        if (bar) {
            running = new ProgressBarBuilder()
                    .setTaskName("")
                    .setInitialMax(steps * batch)
                    .setUnit("k", 1_000)
                    .setStyle(ProgressBarStyle.ASCII)
                    .showSpeed()
                    .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
                    .startsFrom(done * batch, Duration.ZERO)
                    .build();
        }
        out.flush();
    }

    @Override
    public void stepped(int epoch, double loss) {
        if (running != null) {
            running.stepBy(batch);
            running.setExtraMessage(
                    String.format(Locale.ROOT, " %d/%d loss %.3f val %s", epoch, epochs, loss, validation));
        }
    }

    @Override
    public void finished(EpochReport report) {
        validation = String.format(Locale.ROOT, "%.3f", report.validationTop1());
        if (running == null) {
            out.printf(
                    Locale.ROOT,
                    "epoch %d/%d  loss %.4f  validation top-1 %.4f  %.0f images/s  %.0f s%n",
                    report.epoch(),
                    epochs,
                    report.trainingLoss(),
                    report.validationTop1(),
                    report.imagesPerSecond(),
                    report.seconds());
            out.flush();
        }
    }

    @Override
    public void close() {
        if (running != null) {
            running.close();
        }
    }
}

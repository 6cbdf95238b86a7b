package dev.millrace.trainer.cli;

import dev.millrace.trainer.fit.EpochReport;
import dev.millrace.trainer.fit.TrainingListener;
import java.io.PrintWriter;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Shows a run on stderr: a bar with loss, validation accuracy, images/s and time left where a person watches, and one plain line per
 * epoch in any case.
 */
final class TrainingProgress implements TrainingListener, AutoCloseable {
    private static final int WIDTH = 79;

    private final PrintWriter out;
    private final boolean bar;
    private final int epochs;
    private final int batch;
    private double validationTop1 = Double.NaN;
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
                    .setTaskName("train")
                    .setInitialMax(steps * batch)
                    .setUnit(" img", 1)
                    .setStyle(ProgressBarStyle.ASCII)
                    .showSpeed()
                    .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
                    .startsFrom(done * batch, java.time.Duration.ZERO)
                    .build();
        }
        out.flush();
    }

    @Override
    public void stepped(int epoch, double loss) {
        if (running != null) {
            running.stepBy(batch);
            running.setExtraMessage(
                    String.format(Locale.ROOT, "%d/%d loss %.3f val %.3f", epoch, epochs, loss, validationTop1));
        }
    }

    @Override
    public void finished(EpochReport report) {
        validationTop1 = report.validationTop1();
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

package dev.millrace.trainer.cli;

import dev.millrace.trainer.fit.EpochReport;
import dev.millrace.trainer.fit.TrainingListener;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Shows a run on stderr: where a person watches, a bar of steps with time left, epoch, loss, validation accuracy and images/s;
 * otherwise one plain line per epoch.
 */
final class TrainingProgress implements TrainingListener, AutoCloseable {
    private static final int WIDTH = 79;

    private final PrintWriter out;
    private final boolean bar;
    private final int epochs;
    private final int batch;
    private final Pace pace = new Pace();
    private String validation = "-";
    private @Nullable ProgressBar running;

    TrainingProgress(PrintWriter out, boolean bar, int epochs, int batch) {
        this.out = out;
        this.bar = bar;
        this.epochs = epochs;
        this.batch = batch;
    }

    @Override
    public void started(long steps, long done, List<EpochReport> history) {
        history.forEach(this::remember);
        if (done > 0) {
            out.printf("continuing after step %d of %d%n", done, steps);
        }
        if (bar) {
            running = new ProgressBarBuilder()
                    .setTaskName("")
                    .setInitialMax(steps)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
                    .startsFrom(done, Duration.ZERO)
                    .build();
        }
        out.flush();
    }

    @Override
    public void stepped(int epoch, double loss) {
        if (running != null) {
            pace.add(batch);
            running.step();
            running.setExtraMessage(String.format(
                    Locale.ROOT, " %d/%d loss %.2f val %s %.0f/s", epoch, epochs, loss, validation, pace.perSecond()));
        }
    }

    @Override
    public void finished(EpochReport report) {
        remember(report);
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

    private void remember(EpochReport report) {
        validation = String.format(Locale.ROOT, "%.3f", report.validationTop1());
    }

    /** Images a second over the last few seconds. */
    private static final class Pace {
        private static final long WINDOW_NANOS = 5_000_000_000L;

        private long since;
        private long images;
        private double perSecond;

        /** The first call starts the clock. */
        void add(int more) {
            if (since == 0) {
                since = System.nanoTime();
                return;
            }
            images += more;
            long passed = System.nanoTime() - since;
            if (perSecond == 0 || passed > WINDOW_NANOS) {
                perSecond = images * 1e9 / passed;
            }
            if (passed > WINDOW_NANOS) {
                since += passed;
                images = 0;
            }
        }

        double perSecond() {
            return perSecond;
        }
    }

    @Override
    public void close() {
        if (running != null) {
            running.close();
        }
    }
}

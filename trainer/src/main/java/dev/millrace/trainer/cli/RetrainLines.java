package dev.millrace.trainer.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.trainer.drift.Drift;
import dev.millrace.trainer.retrain.Progress;
import dev.millrace.trainer.service.EventStream;
import dev.millrace.trainer.service.RetrainView;
import java.io.PrintWriter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the retrainer does, a line each time that something has changed. Thread-safe. */
final class RetrainLines implements RetrainView {
    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean json;
    private final EventStream events;
    private String lastTrouble = "";

    /** A line as {@code --json} prints it; what does not apply is absent. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Line(
            String what,
            String message,
            @Nullable String run,
            @Nullable String step,
            @Nullable Integer epoch,
            @Nullable Double top1,
            @Nullable Double psi,
            @Nullable Double confidence) {
        Line(String what, String message, @Nullable String run) {
            this(what, message, run, null, null, null, null, null);
        }
    }

    RetrainLines(PrintWriter out, PrintWriter err, boolean json, EventStream events) {
        this.out = out;
        this.err = err;
        this.json = json;
        this.events = events;
    }

    @Override
    public synchronized void leading(boolean leads) {
        say(new Line(
                leads ? "leading" : "waiting",
                leads ? "Watching labels and answers." : "Another retrainer is at work; waiting for it to leave.",
                null));
    }

    @Override
    public synchronized void drifted(Drift drift) {
        String message = drift.drifted() ? "Drift: " + drift.why() : "No drift any more.";
        say(new Line(
                drift.drifted() ? "drift" : "no drift",
                message,
                null,
                null,
                null,
                null,
                drift.psi(),
                drift.confidence()));
    }

    @Override
    public synchronized void running(String run, String why) {
        say(new Line("run", "Retraining, run %s: %s".formatted(run, why), run));
    }

    @Override
    public synchronized void progressed(Progress progress) {
        if (progress instanceof Progress.At at && at.share() == 0) {
            String step = at.step().id();
            say(new Line("step", "  " + step, null, step, null, null, null, null));
        } else if (progress instanceof Progress.Epoch epoch) {
            int number = epoch.report().epoch();
            double top1 = epoch.report().validationTop1();
            String message = String.format(Locale.ROOT, "    epoch %d: validation top-1 %.4f", number, top1);
            say(new Line("epoch", message, null, null, number, top1, null, null));
        } else if (progress instanceof Progress.Checked checked) {
            say(new Line("checked", "    " + checked.line(), null));
        }
    }

    @Override
    public synchronized void ended(String run, String outcome) {
        say(new Line("ended", "Run %s: %s".formatted(run, outcome), run));
    }

    @Override
    public synchronized void rolledOut(String outcome) {
        say(new Line("rollout", outcome, null));
    }

    @Override
    public synchronized void trouble(String message) {
        if (message.equals(lastTrouble)) {
            return;
        }
        lastTrouble = message;
        if (json) {
            tell(new Line("trouble", message, null));
        } else {
            events.tell(JsonLine.of(new Line("trouble", message, null)));
            err.println(message + "; trying again");
            err.flush();
        }
    }

    private void say(Line line) {
        lastTrouble = "";
        tell(line);
    }

    private void tell(Line line) {
        String told = JsonLine.of(line);
        events.tell(told);
        out.println(json ? told : line.message());
        out.flush();
    }
}

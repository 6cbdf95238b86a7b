package dev.millrace.trainer.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.trainer.drift.Drift;
import dev.millrace.trainer.retrain.Progress;
import dev.millrace.trainer.service.EventStream;
import dev.millrace.trainer.service.RetrainView;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the retrainer does, a line each time that something has changed. Thread-safe. */
final class RetrainLines implements RetrainView {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean json;
    private final EventStream events;
    private String lastTrouble = "";
    private String lastStep = "";

    /** A line as {@code --json} prints it; what does not apply is absent. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Line(
            String at,
            String what,
            String message,
            @Nullable String run,
            @Nullable String step,
            @Nullable Integer epoch,
            @Nullable Double top1,
            @Nullable Double psi,
            @Nullable Double confidence) {
        Line(String what, String message, @Nullable String run) {
            this(now(), what, message, run, null, null, null, null, null);
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
                now(),
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
        lastStep = "";
        say(new Line("run", "Retraining, run %s: %s".formatted(brief(run), why), run));
    }

    @Override
    public synchronized void progressed(Progress progress) {
        if (progress instanceof Progress.At at) {
            String step = at.step().id();
            if (!step.equals(lastStep)) {
                lastStep = step;
                say(new Line(now(), "step", "  " + step, null, step, null, null, null, null));
            }
        } else if (progress instanceof Progress.Epoch epoch) {
            int number = epoch.report().epoch();
            double top1 = epoch.report().validationTop1();
            String message = String.format(Locale.ROOT, "    epoch %d: validation top-1 %.1f %%", number, 100 * top1);
            say(new Line(now(), "epoch", message, null, null, number, top1, null, null));
        } else if (progress instanceof Progress.Checked checked) {
            say(new Line("checked", "    " + checked.line(), null));
        }
    }

    @Override
    public synchronized void ended(String run, String outcome) {
        say(new Line("ended", "Run %s: %s".formatted(brief(run), outcome), run));
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
        out.println(json ? told : TIME.format(Instant.parse(line.at())) + "  " + line.message());
        out.flush();
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
    }

    /** Enough for people to tell runs apart, and to find its folder. */
    private static String brief(String run) {
        return run.substring(0, Math.min(8, run.length()));
    }
}

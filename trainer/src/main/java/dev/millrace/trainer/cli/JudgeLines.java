package dev.millrace.trainer.cli;

import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.TrialKind;
import dev.millrace.trainer.judge.Judgement;
import dev.millrace.trainer.judge.OpenTrial;
import dev.millrace.trainer.judge.Verdict;
import dev.millrace.trainer.judge.Verdict.Hold;
import dev.millrace.trainer.rollout.ActionWords;
import dev.millrace.trainer.rollout.TrialCommand;
import dev.millrace.trainer.service.EventStream;
import dev.millrace.trainer.service.JudgeView;
import dev.millrace.trainer.service.ReportFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the judge does, a line each time that something has changed; and its reports. */
final class JudgeLines implements JudgeView {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean json;
    private final EventStream events;
    private final @Nullable ReportFolder reports;
    private final Map<String, Sight> last = new HashMap<>();

    /** What makes a line, where it differs from the last one. */
    private record Sight(int challenger, TrialKind kind, int share, String verdict, String cause) {}

    /** A look or a decision as {@code --json} prints it. */
    private record Line(
            String at,
            String what,
            String model,
            int champion,
            int challenger,
            String kind,
            int share,
            String verdict,
            String reason,
            Map<String, Double> figures) {}

    /** What is about no trial, as {@code --json} prints it. */
    private record Note(String what, String message) {}

    JudgeLines(PrintWriter out, PrintWriter err, boolean json, EventStream events, @Nullable ReportFolder reports) {
        this.out = out;
        this.err = err;
        this.json = json;
        this.events = events;
        this.reports = reports;
    }

    void start() {
        note("waiting", "One judge acts at a time; waiting to be it.");
    }

    @Override
    public void leading(boolean leads) {
        note(leads ? "leading" : "waiting", leads ? "Judging." : "Another judge is at work; waiting for it to leave.");
    }

    @Override
    public void looked(Judgement judgement, List<RolloutEvent> story) {
        Verdict verdict = judgement.verdict();
        String cause = verdict instanceof Hold hold ? hold.why().name() : "";
        OpenTrial trial = judgement.trial();
        Sight sight =
                new Sight(trial.challenger(), trial.kind(), trial.share(), ActionWords.of(verdict.action()), cause);
        if (verdict instanceof Hold && !sight.equals(last.put(trial.model(), sight))) {
            line("looked", judgement.at(), judgement, verdict.reason());
        }
        report(judgement, story);
    }

    private void report(Judgement judgement, List<RolloutEvent> story) {
        if (reports == null) {
            return;
        }
        try {
            reports.write(judgement, story);
        } catch (IOException e) {
            trouble("report: " + FailureMessage.of(e));
        }
    }

    @Override
    public void decided(Judgement judgement, RolloutEvent event, List<RolloutEvent> story) {
        if (!(judgement.verdict() instanceof Hold)) {
            line("decided", event.getDecidedAt(), judgement, event.getReason());
        }
        report(judgement, story);
    }

    @Override
    public void refused(Judgement judgement, String message) {
        line("refused", judgement.at(), judgement, message);
    }

    @Override
    public void trouble(String message) {
        if (json) {
            note("trouble", message);
        } else {
            events.tell(JsonLine.of(new Note("trouble", message)));
            err.println(message + "; trying again");
            err.flush();
        }
    }

    private void note(String what, String message) {
        String told = JsonLine.of(new Note(what, message));
        events.tell(told);
        out.println(json ? told : message);
        out.flush();
    }

    private void line(String what, Instant at, Judgement judgement, String reason) {
        OpenTrial trial = judgement.trial();
        String kind = trial.kind().name().toLowerCase(Locale.ROOT);
        String word = ActionWords.of(judgement.verdict().action());
        String told = JsonLine.of(new Line(
                at.toString(),
                what,
                trial.model(),
                trial.champion(),
                trial.challenger(),
                kind,
                trial.share(),
                word,
                reason,
                judgement.figures()));
        events.tell(told);
        if (json) {
            out.println(told);
        } else {
            out.printf(
                    "%s  %s v%d, %s of %s: %s%s; %s%n",
                    TIME.format(at),
                    trial.model(),
                    trial.challenger(),
                    kind,
                    TrialCommand.percent(trial.share()),
                    what.equals("refused") ? "not " : "",
                    word,
                    reason);
        }
        out.flush();
    }
}

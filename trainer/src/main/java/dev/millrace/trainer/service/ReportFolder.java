package dev.millrace.trainer.service;

import dev.millrace.schemas.RolloutEvent;
import dev.millrace.trainer.files.WholeFile;
import dev.millrace.trainer.judge.Judgement;
import dev.millrace.trainer.judge.OpenTrial;
import dev.millrace.trainer.judge.TrialReport;
import dev.millrace.trainer.judge.TrialReport.Point;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A page for every trial, written anew at every look. The curves begin with this process; the figures do not. One thread at a time.
 */
public final class ReportFolder {
    private static final int MOST_POINTS = 400;

    private final Path folder;
    private final Map<String, Curve> curves = new HashMap<>();

    /** What is known of one step, by look or by every so many looks. */
    private static final class Curve {
        private final OpenTrial.Step step;
        private final List<Point> points = new ArrayList<>();
        private int every = 1;
        private int looks;

        Curve(OpenTrial.Step step) {
            this.step = step;
        }

        void add(Judgement judgement) {
            if (looks++ % every == 0) {
                points.add(new Point(judgement.at(), judgement.figures()));
            }
            if (points.size() > MOST_POINTS) {
                for (int i = points.size() - 1; i > 0; i -= 2) {
                    points.remove(i);
                }
                every *= 2;
            }
        }
    }

    /** @param folder made where there is none */
    public ReportFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * Writes the page of a trial.
     *
     * @throws IOException when it cannot be written
     */
    public void write(Judgement judgement, List<RolloutEvent> story) throws IOException {
        OpenTrial trial = judgement.trial();
        Curve curve = curves.get(trial.model());
        if (curve == null || !curve.step.equals(trial.step())) {
            curve = new Curve(trial.step());
            curves.put(trial.model(), curve);
        }
        curve.add(judgement);
        byte[] page = TrialReport.html(judgement, curve.points, story).getBytes(StandardCharsets.UTF_8);
        WholeFile.write(folder.resolve("%s-v%d.html".formatted(trial.model(), trial.challenger())), page);
    }
}

package dev.millrace.trainer.cli;

import dev.millrace.schemas.WorkerState;
import dev.millrace.schemas.registry.Split;
import dev.millrace.trainer.cli.RolloutStatus.OfVersion;
import dev.millrace.trainer.cli.RolloutStatus.OfWorker;
import dev.millrace.trainer.cli.RolloutStatus.OnTrial;
import dev.millrace.trainer.rollout.TrialCommand;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The rollout of a model as text, 80 columns. */
final class StatusPage {
    private static final String ROW = "  %-20s %-12s %8s  %7s  %-10s  %s%n";

    private StatusPage() {}

    static void print(RolloutStatus status, PrintWriter out) {
        out.printf("%s: version %d answers%n", status.model(), status.champion());
        OnTrial trial = status.trial();
        if (trial != null) {
            String share = TrialCommand.percent((int) Math.round(trial.share() * Split.WHOLE));
            out.printf(
                    "  version %d on trial: %s of %s%s, for %d%s s%s%n",
                    trial.challenger(),
                    trial.kind(),
                    share,
                    trial.steps() > 1 ? ", step %d of %d".formatted(trial.step(), trial.steps()) : "",
                    trial.seconds(),
                    trial.holdSeconds() > 0 ? " of at least " + trial.holdSeconds() : "",
                    trial.paused() ? "; paused" : "");
        }
        if (!status.aliases().isEmpty()) {
            out.printf(
                    "  names: %s%n",
                    status.aliases().entrySet().stream()
                            .map(alias -> alias.getKey() + " is version " + alias.getValue())
                            .sorted()
                            .collect(Collectors.joining(", ")));
        }
        List<OfWorker> present =
                status.workers().stream().filter(worker -> !worker.away()).toList();
        out.printf(
                "  %d of %d workers have it all, as of epoch %d%n",
                status.acknowledged(), present.size(), status.epoch());
        if (!status.workers().isEmpty()) {
            out.printf(ROW, "worker", "state", "heard", "version", "role", "is");
        }
        status.workers().forEach(worker -> print(worker, out));
        out.println();
    }

    private static void print(OfWorker worker, PrintWriter out) {
        String state = worker.away() ? "away" : stateOf(worker);
        String heard = worker.heardSeconds() + " s ago";
        if (worker.versions().isEmpty()) {
            out.printf(ROW, cut(worker.worker(), 20), state, heard, "-", "", "");
        }
        String name = cut(worker.worker(), 20);
        for (OfVersion version : worker.versions()) {
            String is = version.acknowledges() ? version.state() : version.state() + ", behind";
            out.printf(ROW, name, cut(state, 12), heard, version.version(), version.role(), is);
            if (!version.detail().isEmpty()) {
                out.printf("    %s%n", version.detail());
            }
            name = "";
            state = "";
            heard = "";
        }
    }

    /** Of a newer worker it may be any. */
    private static String stateOf(OfWorker worker) {
        return worker.state().equals(WorkerState.WAITING_FOR_MODEL.name())
                ? "preparing"
                : worker.state().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static String cut(String text, int columns) {
        return text.length() <= columns ? text : text.substring(0, columns - 1) + "…";
    }
}

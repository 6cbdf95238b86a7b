package dev.millrace.trainer.service;

import dev.millrace.trainer.retrain.Progress;
import java.util.ArrayList;
import java.util.List;

/**
 * How far a run is.
 *
 * @param step as on the wire; empty: none has begun
 * @param progress of the step, 0 to 1
 * @param curve validation top-1 of each epoch so far
 * @param gate a line for each check
 */
record RunSight(String step, double progress, List<Double> curve, List<String> gate) {
    static final RunSight NOTHING = new RunSight("", 0, List.of(), List.of());

    RunSight {
        curve = List.copyOf(curve);
        gate = List.copyOf(gate);
    }

    RunSight with(Progress told) {
        if (told instanceof Progress.At at) {
            return at(at.step().id(), at.share());
        }
        if (told instanceof Progress.Epoch epoch) {
            List<Double> longer =
                    curveWith(epoch.report().epoch(), epoch.report().validationTop1());
            return new RunSight(step, progress, longer, gate);
        }
        if (told instanceof Progress.Checked checked) {
            return new RunSight(step, progress, curve, and(gate, checked.line()));
        }
        return this;
    }

    RunSight at(String next, double share) {
        return new RunSight(next, share, curve, gate);
    }

    /** A process that goes on tells earlier epochs again. */
    private List<Double> curveWith(int epoch, double top1) {
        List<Double> longer = new ArrayList<>(curve.subList(0, Math.min(curve.size(), epoch - 1)));
        longer.add(top1);
        return longer;
    }

    private static List<String> and(List<String> lines, String line) {
        List<String> more = new ArrayList<>(lines);
        more.add(line);
        return more;
    }
}

package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Event.AtRest;
import dev.millrace.bench.faults.history.Verdict.Invariant;
import java.util.ArrayList;
import java.util.List;

/** Once everything is answered, no transaction is open and no reader is held up by one. */
final class NothingHangsAtRest implements Guarantee {
    @Override
    public Invariant invariant() {
        return Invariant.NOTHING_HANGS;
    }

    @Override
    public List<String> violations(Run run) {
        List<String> hanging = new ArrayList<>();
        for (AtRest rest : run.events(AtRest.class)) {
            if (!rest.unstable().isEmpty()) {
                hanging.add("last stable offset below the high watermark: " + rest.unstable());
            }
            if (!rest.ongoing().isEmpty()) {
                hanging.add("open transactions: " + rest.ongoing());
            }
        }
        return hanging;
    }
}

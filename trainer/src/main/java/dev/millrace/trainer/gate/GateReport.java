package dev.millrace.trainer.gate;

import java.util.List;

/**
 * What the gate says of a candidate.
 *
 * @param passed every check did
 * @param checks all of them, in the order of {@link Gate}
 */
public record GateReport(boolean passed, List<Check> checks) {
    public GateReport {
        checks = List.copyOf(checks);
    }

    static GateReport of(List<Check> checks) {
        return new GateReport(checks.stream().allMatch(Check::passed), checks);
    }

    /** Those that did not pass. */
    public List<Check> failed() {
        return checks.stream().filter(check -> !check.passed()).toList();
    }
}

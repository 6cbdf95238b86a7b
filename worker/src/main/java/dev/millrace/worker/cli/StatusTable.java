package dev.millrace.worker.cli;

import dev.millrace.worker.http.Status;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeSet;

/** A worker's status for people, in at most 80 columns. */
final class StatusTable {
    private static final int COLUMNS = 80;
    private static final int LABEL_COLUMNS = 10;
    private static final int PARTITION_COLUMNS = 13;
    private static final String LANE = "%4s  %-9s %-9s %-" + PARTITION_COLUMNS + "s %8s %9s %10s %10s%n";

    private final PrintWriter out;

    StatusTable(PrintWriter out) {
        this.out = out;
    }

    void print(Status status) {
        row("worker", status.worker() + " in group " + status.group() + ", " + status.delivery());
        row("state", status.state() + ", up " + uptime(status.uptimeSeconds()));
        status.reasons().forEach(reason -> row("reason", reason));
        status.models()
                .forEach(model -> row(
                        "model",
                        "%s v%d %s %.12s %s"
                                .formatted(
                                        model.name(),
                                        model.version(),
                                        model.precision(),
                                        model.sha256(),
                                        role(model, status.rollouts()))));
        status.rollouts().stream()
                .filter(step -> !step.reason().isEmpty())
                .forEach(step -> row("refused", "%s v%d: %s".formatted(step.model(), step.version(), step.reason())));
        Status.Failure last = status.lastError();
        if (last != null) {
            row("last error", (last.ongoing() ? "now: " : "at " + last.at() + ": ") + last.message());
        }
        out.println();
        out.printf(LANE, "LANE", "ASKED", "RUNS ON", "PARTITIONS", "LAG", "IN FLIGHT", "ANSWERED", "MEAN BATCH");
        status.lanes().forEach(this::lane);
        out.flush();
    }

    private static String role(Status.Model model, List<Status.Rollout> rollouts) {
        return rollouts.stream()
                .filter(rollout -> rollout.model().equals(model.name()) && rollout.version() == model.version())
                .map(rollout -> rollout.role().toLowerCase(Locale.ROOT))
                .findFirst()
                .orElse("");
    }

    private void lane(Status.Lane lane) {
        out.printf(
                LANE,
                lane.lane(),
                lane.asked(),
                lane.device(),
                cut(ranges(lane.partitions()), PARTITION_COLUMNS),
                lag(lane.partitions()),
                lane.inFlight().records(),
                lane.answered(),
                lane.batches() == 0 ? "-" : "%.2f".formatted(lane.meanBatchSize()));
    }

    private void row(String label, String value) {
        out.println(cut(("%-" + LABEL_COLUMNS + "s  %s").formatted(label, value), COLUMNS));
    }

    /** Sum over the partitions; {@code ?} where that of one is not known. */
    private static String lag(List<Status.Partition> partitions) {
        boolean known = partitions.stream().map(Status.Partition::lag).allMatch(Objects::nonNull);
        if (!known) {
            return "?";
        }
        return Long.toString(partitions.stream()
                .map(Status.Partition::lag)
                .filter(Objects::nonNull)
                .mapToLong(Long::longValue)
                .sum());
    }

    /** {@code 0-2,5} for 0, 1, 2 and 5. */
    private static String ranges(List<Status.Partition> partitions) {
        TreeSet<Integer> numbers = new TreeSet<>();
        partitions.forEach(partition -> numbers.add(partition.partition()));
        StringBuilder text = new StringBuilder();
        for (int number : numbers) {
            boolean begins = !numbers.contains(number - 1);
            boolean ends = !numbers.contains(number + 1);
            if (begins) {
                text.append(text.isEmpty() ? "" : ",").append(number);
            } else if (ends) {
                text.append('-').append(number);
            }
        }
        return text.isEmpty() ? "none" : text.toString();
    }

    private static String uptime(long seconds) {
        Duration up = Duration.ofSeconds(seconds);
        return up.toHours() == 0
                ? "%d min %d s".formatted(up.toMinutes(), up.toSecondsPart())
                : "%d h %d min".formatted(up.toHours(), up.toMinutesPart());
    }

    private static String cut(String text, int columns) {
        String line = text.replace('\n', ' ');
        return line.length() <= columns ? line : line.substring(0, columns - 3) + "...";
    }
}

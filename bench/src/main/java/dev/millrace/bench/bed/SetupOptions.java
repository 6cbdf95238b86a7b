package dev.millrace.bench.bed;

import dev.millrace.bench.measure.RoundOptions;
import dev.millrace.bench.terminal.ModeConverter;
import dev.millrace.worker.delivery.DeliveryMode;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** How the worker of a {@link Setup} delivers, and what else it is told. A mixin. */
public final class SetupOptions {
    /** Of a report's settings: each KEY=VALUE, with a space between. */
    public static final String SET = "set";

    @Option(
            names = "--delivery",
            paramLabel = "MODE",
            split = ",",
            converter = ModeConverter.class,
            description = "at-least-once, exactly-once. Repeatable. Default: both.")
    private List<DeliveryMode> deliveries = List.of();

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "A setting of the worker, such as millrace.txn.window=250ms. Repeatable.")
    private List<String> settings = List.of();

    /** Made by picocli's user. */
    public SetupOptions() {}

    /** Those given, or all that can be measured. */
    public List<DeliveryMode> deliveries(RoundOptions rounds) {
        return rounds.deliveries(deliveries);
    }

    /** Each KEY=VALUE. */
    public List<String> settings(RoundOptions rounds) {
        return rounds.keyValues("--set", settings);
    }

    /** Adds what a report says of the worker, and what {@code --set} was given. */
    public void describe(Map<String, String> report) {
        report.put("worker", "defaults, but for lanes, delivery and batch.max");
        if (!settings.isEmpty()) {
            report.put(SET, String.join(" ", settings));
        }
    }
}

package dev.millrace.trainer.cli;

import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.dataset.Split;
import picocli.CommandLine.Option;

/** On which labelled images a model is looked at. */
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class SplitOptions {
    @Option(
            names = "--dataset",
            paramLabel = "SPEC",
            required = true,
            converter = DatasetSpecConverter.class,
            description = DatasetSpecConverter.HELP)
    DatasetSpec dataset;

    @Option(
            names = "--split",
            defaultValue = "test",
            converter = SplitConverter.class,
            description = "train, validation or test (default: ${DEFAULT-VALUE})")
    Split split;
}

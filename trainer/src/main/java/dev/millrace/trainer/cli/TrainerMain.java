package dev.millrace.trainer.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Runs one of the trainer's commands. */
@Command(
        name = "trainer",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        description = "Train a network, export and quantize it, and publish it as a model version.",
        subcommands = {
            TrainCommand.class,
            ArchitecturesCommand.class,
            ExportCommand.class,
            ParityCommand.class,
            CheckCommand.class,
            QuantizeCommand.class,
            EvaluateCommand.class,
            GateCommand.class,
            ModelsCommand.class,
            MakeBundledCommand.class,
            TrainerServiceCommand.class
        })
public final class TrainerMain {
    private TrainerMain() {}

    /** Exits with 0 ok, 1 failed, 2 wrong usage. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return commandLine(CommandLine.defaultFactory());
    }

    /** With the commands that {@code factory} makes. */
    static CommandLine commandLine(CommandLine.IFactory factory) {
        return new CommandLine(new TrainerMain(), factory)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler(new FailureMessage());
    }
}

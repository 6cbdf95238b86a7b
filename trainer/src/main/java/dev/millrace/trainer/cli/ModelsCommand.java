package dev.millrace.trainer.cli;

import picocli.CommandLine.Command;

/** The model registry: publish, list, show; and keys to sign with. */
@Command(
        name = "models",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        description = "Publish model versions over Kafka and look at those that are published.",
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace models publish fashion.int8.onnx --bootstrap localhost:9092",
            "  millrace models list --bootstrap localhost:9092"
        },
        subcommands = {
            ModelsPublishCommand.class,
            ModelsListCommand.class,
            ModelsShowCommand.class,
            ModelsKeygenCommand.class
        })
public final class ModelsCommand {}

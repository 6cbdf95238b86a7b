package dev.millrace.trainer.cli;

import picocli.CommandLine.Command;

/** The model registry: publish versions, decide which answers, look at them; and keys to sign with. */
@Command(
        name = "models",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        description = "Publish model versions over Kafka, and decide which one answers.",
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace models publish fashion.int8.onnx --bootstrap localhost:9092",
            "  millrace models canary fashion latest --bootstrap localhost:9092",
            "  millrace models promote fashion latest --bootstrap localhost:9092",
            "  millrace models rollback fashion --bootstrap localhost:9092",
            "  millrace models status fashion --watch --bootstrap localhost:9092",
            "  millrace models history fashion --bootstrap localhost:9092"
        },
        subcommands = {
            ModelsPublishCommand.class,
            ModelsPromoteCommand.class,
            ModelsRollbackCommand.class,
            ModelsCanaryCommand.class,
            ModelsShadowCommand.class,
            ModelsStepCommand.class,
            ModelsPauseCommand.class,
            ModelsResumeCommand.class,
            ModelsAliasCommand.class,
            ModelsKeepCommand.class,
            ModelsRetireCommand.class,
            ModelsRetrainCommand.class,
            ModelsStatusCommand.class,
            ModelsListCommand.class,
            ModelsShowCommand.class,
            ModelsDiffCommand.class,
            ModelsHistoryCommand.class,
            ModelsVerifyCommand.class,
            ModelsSignCommand.class,
            ModelsKeygenCommand.class
        })
public final class ModelsCommand {}

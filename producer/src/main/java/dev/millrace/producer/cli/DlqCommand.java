package dev.millrace.producer.cli;

import picocli.CommandLine.Command;

/** {@code dlq}: the dead letters, and the way back for them. */
@Command(
        name = "dlq",
        description = "Look at dead letters and send them back to be answered.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace dlq list --reason UNKNOWN_MODEL --since 24h",
            "  millrace dlq show 0@17 --save request.avro",
            "  millrace dlq replay --reason UNKNOWN_MODEL --dry-run",
        },
        subcommands = {DlqListCommand.class, DlqShowCommand.class, DlqReplayCommand.class})
public final class DlqCommand {
    /** Works on any Kafka. */
    public DlqCommand() {}
}

package dev.millrace.producer.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The producer module on its own: {@code produce}, {@code results} and {@code dlq}. */
@Command(
        name = "millrace-producer",
        description = "Publish images to Millrace and print its results.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nExample:%n",
        footer = "  millrace-producer produce --await photos/")
public final class ProducerMain {
    private ProducerMain() {}

    /** Ends the JVM with the command's exit code. */
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new ProducerMain())
                .addSubcommand(new ProduceCommand())
                .addSubcommand(new ResultsCommand())
                .addSubcommand(new DlqCommand())
                .addSubcommand(new FeedbackCommand());
    }
}

package dev.millrace.producer.cli;

import dev.millrace.producer.MissingTopicException;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import java.io.PrintWriter;
import org.apache.kafka.common.KafkaException;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Runs the part of a command that talks to Kafka, and turns what it says into a line on stderr and an exit code. */
final class KafkaRun {
    /** Gives the exit code. */
    interface Body {
        int run() throws BrokerUnreachableException, InterruptedException;
    }

    private KafkaRun() {}

    static int of(CommandSpec command, Body body) throws InterruptedException {
        PrintWriter err = command.commandLine().getErr();
        try {
            return body.run();
        } catch (BrokerUnreachableException | MissingTopicException e) {
            err.println(e.getMessage());
        } catch (KafkaException e) {
            err.println("Kafka: "
                    + (e.getCause() == null ? e.getMessage() : e.getCause().getMessage()));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), e.getMessage(), e);
        }
        return ExitCode.SOFTWARE;
    }
}

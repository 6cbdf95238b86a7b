package dev.millrace.infra.cli;

import dev.millrace.trainer.cli.FailureMessage;
import java.io.IOException;
import java.io.PrintWriter;
import org.apache.kafka.common.KafkaException;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Turns what goes wrong into a short message on stderr and an exit code: 2 for wrong usage, 1 for all else. Only a fault
 * of Millrace itself shows its stack trace.
 */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
    @Override
    public int handleParseException(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        err.println(e.getMessage());
        UnmatchedArgumentException.printSuggestions(e, err);
        err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        err.flush();
        return ExitCode.USAGE;
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
        PrintWriter err = command.getErr();
        if (isExpected(e) && e.getMessage() != null) {
            err.println(command.getCommandSpec().qualifiedName() + ": " + FailureMessage.of(e));
        } else {
            e.printStackTrace(err);
        }
        err.flush();
        return ExitCode.SOFTWARE;
    }

    private static boolean isExpected(Exception e) {
        return e instanceof IOException
                || e instanceof IllegalArgumentException
                || e instanceof KafkaException
                || e.getClass().getPackageName().startsWith("dev.millrace");
    }
}

package dev.millrace.trainer.cli;

import java.io.IOException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** Says what went wrong in one line on stderr. A fault of Millrace itself keeps its stack trace. Exit code 1 either way. */
public final class FailureMessage implements IExecutionExceptionHandler {
    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult arguments) throws Exception {
        boolean expected = e instanceof IOException || e instanceof IllegalArgumentException || isOwn(e);
        if (!expected) {
            throw e;
        }
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        command.getErr().println(command.getCommandName() + ": " + message);
        return CommandLine.ExitCode.SOFTWARE;
    }

    private static boolean isOwn(Exception e) {
        return e.getClass().getPackageName().startsWith("dev.millrace");
    }
}

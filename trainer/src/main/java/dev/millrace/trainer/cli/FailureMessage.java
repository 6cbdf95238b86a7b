package dev.millrace.trainer.cli;

import dev.millrace.trainer.files.Reason;
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
        command.getErr().println(command.getCommandName() + ": " + of(e));
        return CommandLine.ExitCode.SOFTWARE;
    }

    /** Its message; where that is only a file's name, also what is wrong with the file. */
    public static String of(Exception e) {
        return Reason.of(e);
    }

    private static boolean isOwn(Exception e) {
        return e.getClass().getPackageName().startsWith("dev.millrace");
    }
}

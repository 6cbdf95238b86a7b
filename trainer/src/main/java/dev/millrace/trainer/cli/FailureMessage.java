package dev.millrace.trainer.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
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
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        if (e instanceof FileSystemException failure && failure.getReason() == null) {
            return message + ": " + reason(failure);
        }
        return message;
    }

    private static String reason(FileSystemException e) {
        if (e instanceof NoSuchFileException) {
            return "no such file or folder";
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof FileAlreadyExistsException) {
            return "exists (expected: a folder)";
        }
        return e.getClass().getSimpleName();
    }

    private static boolean isOwn(Exception e) {
        return e.getClass().getPackageName().startsWith("dev.millrace");
    }
}

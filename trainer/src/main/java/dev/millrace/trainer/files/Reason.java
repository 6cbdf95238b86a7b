package dev.millrace.trainer.files;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** What went wrong, for people: some exceptions of files say no more than the file's name. */
public final class Reason {
    private Reason() {}

    /** The message; where that is only a file's name, also what is wrong with the file. */
    public static String of(Throwable e) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        if (e instanceof FileSystemException failure && failure.getReason() == null) {
            return message + ": " + of(failure);
        }
        return message;
    }

    private static String of(FileSystemException e) {
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
}

package dev.millrace.trainer.export;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** The commit of a work tree, by the git that is installed. */
public final class GitCommit {
    /** Hex digits, 40 or 64 unless abbreviated; with {@code -dirty} where tracked files differ from the commit. */
    public static final Pattern FORM = Pattern.compile("[0-9a-f]{4,64}(-dirty)?");

    private static final int PATIENCE_SECONDS = 10;

    private GitCommit() {}

    /** Of the work tree that the folder is in; empty outside of one, before its first commit, and where there is no git. */
    public static Optional<String> of(Path folder) throws InterruptedException {
        // 64 digits are those of SHA-256; no tag matches, so that the commit itself is named.
        ProcessBuilder command = new ProcessBuilder(
                        "git", "describe", "--always", "--dirty", "--abbrev=64", "--exclude=*")
                .directory(folder.toAbsolutePath().toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        command.environment().put("GIT_OPTIONAL_LOCKS", "0");
        Process git;
        try {
            git = command.start();
        } catch (IOException e) {
            return Optional.empty();
        }
        try {
            git.getOutputStream().close();
            // What it says fits into the pipe.
            if (!git.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || git.exitValue() != 0) {
                return Optional.empty();
            }
            String commit = new String(git.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            return FORM.matcher(commit).matches() ? Optional.of(commit) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } finally {
            git.destroy();
        }
    }
}

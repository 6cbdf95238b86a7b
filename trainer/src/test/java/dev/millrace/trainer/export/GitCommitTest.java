package dev.millrace.trainer.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GitCommitTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void isThatOfTheWorkTreeAndSaysWhetherItChangedSince() throws Exception {
        assumeThat(git("--version")).as("git").isNotEmpty();
        assertThat(GitCommit.of(folder)).as("no work tree").isEmpty();
        git("init", "--quiet");
        assertThat(GitCommit.of(folder)).as("no commit").isEmpty();
        Path file = Files.writeString(folder.resolve("file"), "before");
        git("add", "file");
        git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--no-gpg-sign", "--message", "first");
        git("tag", "v1");
        String head = git("rev-parse", "HEAD");

        Files.writeString(folder.resolve("untracked"), "");
        assertThat(GitCommit.of(folder)).hasValue(head);

        Files.writeString(file, "after");
        assertThat(GitCommit.of(Files.createDirectory(folder.resolve("below")))).hasValue(head + "-dirty");
    }

    /** What git says; nothing where there is none. */
    private String git(String... arguments) throws InterruptedException {
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(List.of(arguments));
        try {
            Process git = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            assertThat(git.waitFor()).as("%s: %s", command, said).isZero();
            return said;
        } catch (IOException e) {
            return "";
        }
    }
}

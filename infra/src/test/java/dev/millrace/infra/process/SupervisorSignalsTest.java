package dev.millrace.infra.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A supervising program in a process group of its own, as on a terminal, and what signals do to it and its children. */
class SupervisorSignalsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path temp;

    private Path journal;
    private Process program;

    @BeforeEach
    void startProgram() throws IOException {
        assumeThat(Path.of("/usr/bin/setsid")).as("setsid (util-linux)").exists();
        journal = temp.resolve("journal");
        Path runs = Files.createDirectory(temp.resolve("runs"));
        // A shell's background jobs ignore SIGINT, and what ignores it hands that down.
        program = new ProcessBuilder(
                        "/usr/bin/env",
                        "--default-signal=INT",
                        "/usr/bin/setsid",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SupervisingProgram.class.getName(),
                        runs.toString(),
                        journal.toString())
                .redirectErrorStream(true)
                .start();
        BufferedReader output =
                new BufferedReader(new InputStreamReader(program.getInputStream(), StandardCharsets.UTF_8));
        String line = output.readLine();
        assertThat(line).isEqualTo("All ready");
    }

    @AfterEach
    void endWhatIsLeft() throws IOException {
        if (program != null) {
            program.destroyForcibly();
            for (long pid : Children.pids(journal)) {
                ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
            }
        }
    }

    @Test
    void ctrlCReachesTheSupervisorOnlyWhichStopsItsChildrenInOrder() throws Exception {
        signal("INT", "-" + program.pid());

        assertThat(program.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(program.exitValue()).isEqualTo(130);
        List<String> stops = Children.stops(journal);
        assertThat(stops).hasSize(6).endsWith("stopping broker", "stopped broker");
        assertThat(Children.pids(journal)).hasSize(3).noneMatch(Children::isAlive);
        assertThat(temp.resolve("runs")).isEmptyDirectory();
    }

    @Test
    void sigtermStopsTheChildrenInOrderToo() throws Exception {
        signal("TERM", Long.toString(program.pid()));

        assertThat(program.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(program.exitValue()).isEqualTo(143);
        assertThat(Children.stops(journal)).hasSize(6).endsWith("stopping broker", "stopped broker");
        assertThat(temp.resolve("runs")).isEmptyDirectory();
    }

    @Test
    void childrenEndWhenTheSupervisorIsKilled() throws Exception {
        signal("KILL", Long.toString(program.pid()));

        assertThat(program.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        await().atMost(PATIENCE).until(() -> Children.pids(journal).stream().noneMatch(Children::isAlive));
        assertThat(Children.stops(journal)).contains("stopped broker", "stopped worker-1", "stopped worker-2");
    }

    private static void signal(String name, String target) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + name, "--", target)
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
    }
}

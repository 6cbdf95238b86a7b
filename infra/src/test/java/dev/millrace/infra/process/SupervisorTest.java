package dev.millrace.infra.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SupervisorTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path temp;

    private Path journal;
    private RunDirectory directory;

    @BeforeEach
    void makeRunDirectory() throws IOException {
        journal = temp.resolve("journal");
        directory = RunDirectory.create(temp, "run-");
    }

    @Test
    void stopsInReverseOrderAndEachTierTogether() throws Exception {
        Supervisor supervisor = Supervisor.of(directory);
        supervisor.start(Children.spec("broker", "wait", journal)).awaitReady(PATIENCE);
        for (ChildProcess worker : supervisor.start(
                List.of(Children.spec("worker-1", "wait", journal), Children.spec("worker-2", "wait", journal)))) {
            worker.awaitReady(PATIENCE);
        }
        supervisor.stopFirst(() -> {
            try {
                Files.writeString(journal, "stopped producer\n", java.nio.file.StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });

        supervisor.close();

        List<String> stops = Children.stops(journal);
        assertThat(stops).hasSize(7).startsWith("stopped producer").endsWith("stopping broker", "stopped broker");
        assertThat(stops.subList(1, 3)).containsExactlyInAnyOrder("stopping worker-1", "stopping worker-2");
        assertThat(temp).isDirectoryNotContaining("glob:**/run-*");
    }

    @Test
    void aFailingStepDoesNotKeepTheOthersFromStopping() throws Exception {
        Supervisor supervisor = Supervisor.of(directory);
        supervisor.start(Children.spec("broker", "wait", journal)).awaitReady(PATIENCE);
        supervisor.stopFirst(() -> {
            throw new IllegalStateException("client is broken");
        });

        supervisor.close();

        assertThat(Children.stops(journal)).contains("stopped broker");
        assertThat(temp).isDirectoryNotContaining("glob:**/run-*");
    }

    @Test
    void tellsWhichChildDiedWithItsLastLinesAndKeepsTheLogs() throws Exception {
        Supervisor supervisor = Supervisor.of(directory);
        supervisor.start(Children.spec("broker", "wait", journal)).awaitReady(PATIENCE);
        Files.writeString(directory.resolve("secret.key"), "secret");
        ChildProcess worker = supervisor.start(Children.spec("worker", "fail", journal));

        await().atMost(PATIENCE).until(() -> !worker.isAlive());

        assertThatThrownBy(supervisor::requireAlive)
                .hasMessage("worker ended with exit code 3")
                .asInstanceOf(type(ChildFailedException.class))
                .satisfies(e -> assertThat(e.lastLines()).contains("unpacking", "disk on fire"));
        supervisor.markFailed();
        supervisor.close();

        assertThat(Children.stops(journal)).containsExactly("stopping broker", "stopped broker");
        assertThat(directory.logs().resolve("worker.log")).content().contains("disk on fire");
        try (Stream<Path> left = Files.list(directory.root())) {
            assertThat(left).containsExactly(directory.logs());
        }
    }

    @Test
    void failsWhenAChildEndsBeforeItIsReady() throws Exception {
        try (Supervisor supervisor = Supervisor.of(directory)) {
            ChildSpec spec = Children.spec("worker", "fail", journal);
            ChildSpec neverReady = new ChildSpec(
                    spec.name(),
                    spec.jvmFlags(),
                    spec.mainClass(),
                    spec.arguments(),
                    java.util.regex.Pattern.compile("never printed"),
                    spec.grace());
            ChildProcess worker = supervisor.start(neverReady);

            assertThatThrownBy(() -> worker.awaitReady(PATIENCE))
                    .isInstanceOf(ChildFailedException.class)
                    .hasMessage("worker ended with exit code 3");
        }
    }

    @Test
    void failsWhenAChildIsNotReadyInTime() throws Exception {
        try (Supervisor supervisor = Supervisor.of(directory)) {
            ChildProcess worker = supervisor.start(Children.spec("worker", "mute", journal));

            assertThatThrownBy(() -> worker.awaitReady(Duration.ofSeconds(1)))
                    .isInstanceOf(ChildFailedException.class)
                    .hasMessage("worker is not ready after 1 s");
        }
    }

    @Test
    void killsAChildThatDoesNotStopWithinItsGrace() throws Exception {
        Supervisor supervisor = Supervisor.of(directory);
        ChildProcess worker = supervisor.start(Children.spec("worker", "stubborn", journal, Duration.ofSeconds(1)));
        worker.awaitReady(PATIENCE);

        supervisor.close();

        assertThat(worker.isAlive()).isFalse();
        assertThat(Children.stops(journal)).containsExactly("stopping worker");
    }

    @Test
    void startsNothingAnyMoreOnceItIsClosing() throws Exception {
        Supervisor supervisor = Supervisor.of(directory);
        supervisor.close();

        assertThatThrownBy(() -> supervisor.start(Children.spec("worker", "wait", journal)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("supervisor: closing (expected: open)");
    }
}

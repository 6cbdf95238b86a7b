package dev.millrace.infra.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.infra.CommandProcess;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace trainer} as people run it. */
@Timeout(180)
class JudgeProcessIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    @Test
    void oneJudgeActsAndTheNextTakesOverWhenItIsTerminated() throws Exception {
        try (CommandProcess broker = CommandProcess.start(folder, "broker", "--port", "0")) {
            String bootstrap =
                    broker.awaitOutput("ready at (\\S+:\\d+) ", LIMIT).group(1);
            try (CommandProcess topics = CommandProcess.start(folder, "topics", "--bootstrap", bootstrap)) {
                assertThat(topics.awaitExit(LIMIT)).isZero();
            }
            try (CommandProcess first = judge(bootstrap)) {
                first.awaitOutput("^Judging\\.", LIMIT);
                try (CommandProcess second = judge(bootstrap)) {
                    second.awaitOutput("^One judge acts at a time", LIMIT);
                    first.terminate();
                    assertThat(first.awaitExit(LIMIT)).as(first.toString()).isZero();

                    second.awaitOutput("^Judging\\.", LIMIT);
                    second.terminate();
                    assertThat(second.awaitExit(LIMIT)).as(second.toString()).isZero();
                }
            }
        }
    }

    private CommandProcess judge(String bootstrap) throws Exception {
        return CommandProcess.start(folder, "trainer", "--roles", "judge", "--bootstrap", bootstrap);
    }
}

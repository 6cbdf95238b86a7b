package dev.millrace.bench.scale;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.bench.scale.ScalePlan.Group;
import dev.millrace.worker.delivery.DeliveryMode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What needs no broker. */
class ScaleCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CommandLine command =
            new CommandLine(new ScaleCommand()).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));

    @Test
    void showsHelpWithExamplesInEightyColumns() {
        assertThat(command.execute("--help")).isZero();
        assertThat(out.toString()).contains("Examples:", "millrace bench scale --quick");
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
    }

    @ParameterizedTest
    @CsvSource({
        "--lanes, 0, 1 to 256",
        "--workers, 65, 1 to 64",
        "--wait, 0, 0.1 to 1000",
        "--wait, NaN, 0.1 to 1000",
        "--batch, 0, 1 to 1024",
        "--out, nowhere/out.json, a folder that exists",
        "--delivery, queue, at-least-once or exactly-once"
    })
    void saysWhatIsExpectedInsteadOfAWrongValue(String option, String value, String expected) {
        assertThat(command.execute(option, value)).isNotZero();
        assertThat(err.toString()).contains(option.substring(2), value, expected);
        assertThat(err.toString()).doesNotContain("Exception");
    }

    @Test
    void measuresAGroupOnceThatIsAskedForInTwoWays() {
        ScalePlan plan = new ScalePlan(
                List.of(1, 4),
                List.of(1, 2),
                Duration.ofMillis(10),
                8,
                DeliveryMode.AT_LEAST_ONCE,
                1,
                Duration.ofSeconds(1),
                1_000,
                1);

        assertThat(plan.groups()).containsExactly(new Group(1, 1), new Group(1, 4), new Group(2, 4));
    }

    @Test
    void givesManyWorkersTogetherAsMuchToDoAsOne() {
        ScalePlan plan = new ScalePlan(
                List.of(4),
                List.of(16),
                Duration.ofMillis(10),
                8,
                DeliveryMode.AT_LEAST_ONCE,
                1,
                Duration.ofSeconds(1),
                1_000,
                1);

        assertThat(plan.run(new Group(16, 4))).isEqualTo(Duration.ofMillis(160));
        assertThat(plan.idealPerSecond(new Group(16, 4))).isEqualTo(plan.idealPerSecond(new Group(1, 4)));
    }
}

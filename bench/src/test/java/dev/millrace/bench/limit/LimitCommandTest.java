package dev.millrace.bench.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What needs no broker. */
class LimitCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CommandLine command =
            new CommandLine(new LimitCommand()).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));

    @Test
    void showsHelpWithExamplesInEightyColumns() {
        assertThat(command.execute("--help")).isZero();
        assertThat(out.toString()).contains("Examples:", "millrace bench limit --quick");
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
    }

    @ParameterizedTest
    @CsvSource({
        "--lanes, 0, 1 to",
        "--lanes, 5000, 1 to",
        "--device, cpu:0, cpu:none or cuda:N",
        "--batch, 1025, 1 to 1024",
        "--rounds, 0, 1 to 1000",
        "--seconds, 0, 0.1 to 60",
        "--set, nothing, KEY=VALUE",
        "--out, nowhere/out.json, a folder that exists",
        "--delivery, queue, at-least-once or exactly-once",
        "--delivery, sometimes, exactly-once",
        "--model, nowhere.onnx, no such file",
        "--model, bundled:nothing, expected"
    })
    void saysWhatIsExpectedInsteadOfAWrongValue(String option, String value, String expected) {
        assertThat(command.execute(option, value)).isNotZero();
        assertThat(err.toString()).contains(option.substring(2), value, expected);
        assertThat(err.toString()).doesNotContain("Exception");
    }
}

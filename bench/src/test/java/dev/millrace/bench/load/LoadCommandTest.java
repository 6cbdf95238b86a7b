package dev.millrace.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What needs no broker. */
class LoadCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CommandLine command =
            new CommandLine(new LoadCommand()).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));

    @Test
    void showsHelpWithExamplesInEightyColumns() {
        assertThat(command.execute("--help")).isZero();
        assertThat(out.toString()).contains("Examples:", "millrace bench load --quick");
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
    }

    @ParameterizedTest
    @CsvSource({
        "--load, 0, 1 to 100",
        "--load, 101, 1 to 100",
        "--lanes, 5000, 1 to",
        "--batch, 0, 1 to 1024",
        "--seconds, 61, 0.1 to 60",
        "--set, nothing, KEY=VALUE",
        "--out, nowhere/out.json, a folder that exists",
        "--delivery, queue, at-least-once or exactly-once",
        "--model, nowhere.onnx, no such file"
    })
    void saysWhatIsExpectedInsteadOfAWrongValue(String option, String value, String expected) {
        assertThat(command.execute(option, value)).isNotZero();
        assertThat(err.toString()).contains(option.substring(2), value, expected);
        assertThat(err.toString()).doesNotContain("Exception");
    }
}

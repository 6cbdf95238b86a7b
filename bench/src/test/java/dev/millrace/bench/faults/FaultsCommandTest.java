package dev.millrace.bench.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What needs no broker. */
class FaultsCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CommandLine command =
            new CommandLine(new FaultsCommand()).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));

    @Test
    void showsHelpWithExamplesInEightyColumns() {
        assertThat(command.execute("--help")).isZero();
        assertThat(out.toString()).contains("Examples:", "millrace bench faults --quick");
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
    }

    @Test
    void listsTheFaultsInEightyColumns() {
        assertThat(command.execute("--list")).isZero();
        assertThat(out.toString().lines())
                .anyMatch(line -> line.startsWith("worker-killed "))
                .allMatch(line -> line.length() <= 80);
    }

    @ParameterizedTest
    @CsvSource({"--fault, flood, worker-killed", "--mode, sometimes, exactly-once", "--runs, 0, 1 or more"})
    void saysWhatIsExpectedInsteadOfAWrongValue(String option, String value, String expected) {
        assertThat(command.execute(option, value)).isEqualTo(2);
        assertThat(err.toString()).contains(option, value, expected);
    }
}

package dev.millrace.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What needs no broker. */
class SoakCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CommandLine command =
            new CommandLine(new SoakCommand()).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));

    @Test
    void showsHelpWithExamplesAndBoundsInEightyColumns() {
        assertThat(command.execute("--help")).isZero();
        assertThat(out.toString()).contains("Examples:", "millrace bench soak --minutes 3");
        assertThat(out.toString()).contains(bound(Measure.RSS) + " MiB of", bound(Measure.HEAP) + " MiB of heap");
        assertThat(out.toString())
                .contains(bound(Measure.DESCRIPTORS) + " descriptors", "or " + bound(Measure.THREADS));
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
    }

    private static String bound(Measure measure) {
        return Integer.toString(measure.bound());
    }

    @ParameterizedTest
    @CsvSource({
        "--minutes, 0, 0.1 to 10000",
        "--minutes, NaN, 0.1 to 10000",
        "--mode, sometimes, exactly-once",
        "--per-second, 0, 1 or more",
        "--swap, -1, 1 or more"
    })
    void saysWhatIsExpectedInsteadOfAWrongValue(String option, String value, String expected) {
        assertThat(command.execute(option, value)).isEqualTo(2);
        assertThat(err.toString()).contains(option, value, expected);
    }
}

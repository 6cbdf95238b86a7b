package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class BrokerCommandTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CommandLine command =
            new CommandLine(new BrokerCommand()).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));

    @Test
    void showsHelpWithAnExampleInEightyColumns() {
        assertThat(command.execute("--help")).isZero();
        assertThat(out.toString())
                .contains("Example:", "millrace broker --port 9092")
                .doesNotContain("--supervised");
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "65536", "kafka"})
    void refusesAPortThatCannotBeAsWrongUsage(String port) {
        assertThat(command.execute("--port=" + port)).isEqualTo(2);
        assertThat(err.toString()).contains("--port").contains(port);
    }
}

package dev.millrace.infra.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class MillraceTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    static java.util.stream.Stream<String> everyCommand() {
        return Millrace.commandLine().getSubcommands().keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("everyCommand")
    void helpOfEveryCommandFits80ColumnsAndHasAnExample(String name) {
        CommandLine command =
                requireNonNull(Millrace.commandLine().getSubcommands().get(name));

        assertThat(command.getUsageMessage().lines())
                .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
        assertThat(command.getUsageMessage()).contains("Example").contains("millrace " + name);
    }

    @ParameterizedTest
    @MethodSource("everyCommand")
    void theListOfCommandsNamesEveryCommand(String name) {
        assertThat(run("--help")).isZero();

        assertThat(out.toString()).containsPattern("(?m)^  " + name + " +[A-Z]");
        assertThat(out.toString().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    }

    @Test
    void suggestsTheCommandThatWasMeant() {
        assertThat(run("wroker")).isEqualTo(2);

        assertThat(err.toString()).contains("'wroker'", "millrace worker", "Try 'millrace --help'.");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void namesTheVersionsOfWhatItRunsOn() {
        assertThat(run("--version")).isZero();

        assertThat(out.toString())
                .containsPattern("millrace \\d+\\.\\d+")
                .containsPattern("Apache Kafka \\d+\\.\\d+\\.\\d+")
                .containsPattern("ONNX Runtime \\d+\\.\\d+\\.\\d+");
    }

    private int run(String... arguments) {
        CommandLine commandLine = Millrace.commandLine();
        commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return commandLine.execute(arguments);
    }
}

package dev.millrace.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What needs no broker. */
class PeersCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CommandLine command =
            new CommandLine(new PeersCommand()).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));

    @Test
    void showsHelpWithExamplesInEightyColumns() {
        assertThat(command.execute("--help")).isZero();
        assertThat(out.toString()).contains("Examples:", "bash bench/peers/install", "millrace bench peers --quick");
        assertThat(out.toString()).contains(Peer.ALL.stream().map(Peer::name).toList());
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
    }

    @ParameterizedTest
    @CsvSource({
        "--contestants, flink, millrace",
        "--precision, fp16, 'int8, fp32'",
        "--workload, video, 'images, crayfish'",
        "--threads, 0, 1 to",
        "--load, 95, 1 to 90",
        "--seconds, 61, 0.1 to 60",
        "--out, nowhere/out.json, a folder that exists"
    })
    void saysWhatIsExpectedInsteadOfAWrongValue(String option, String value, String expected) {
        assertThat(command.execute(option, value)).isNotZero();
        assertThat(err.toString()).contains(option.substring(2), value, expected);
        assertThat(err.toString()).doesNotContain("Exception");
    }

    @Test
    void saysHowToInstallWhoIsAskedForAndNotThere(@TempDir Path folder) {
        assertThat(command.execute("--programs", folder.toString(), "--contestants", "python"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("python", "venv", "expected: installed by bash bench/peers/install");
    }
}

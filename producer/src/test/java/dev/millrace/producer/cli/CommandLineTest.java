package dev.millrace.producer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class CommandLineTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"produce", "results", "feedback", "dlq list", "dlq show", "dlq replay"})
    void helpHasAnExampleAndFitsEightyColumns(String command) {
        CommandRun help = CommandRun.of((command + " --help").split(" "));

        assertThat(help.code()).isZero();
        assertThat(help.out()).contains("Examples:", "  millrace " + command, "Exit codes:");
        assertThat(help.outLines()).allMatch(line -> line.length() <= 80);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "produce | Missing required parameter",
                "produce --rate 0/s x | 0/s (expected: a rate such as 500/s or 30/m)",
                "produce --deadline soon x | soon (expected: a time such as 500ms, 30s, 2m or 1h)",
                "produce --count 0 x | --count: 0 (expected: 1 or more)",
                "produce --max-in-flight 0 x | maxInFlight: 0 (expected: 1 to 1000000)",
                "produce --model No! x | model name: No!",
                "produce --prefix a/b x | topic prefix: a/b",
                "produce --kafka group.id=x x | kafka property: group.id",
                "produce --kafka-config absent.properties x | --kafka-config: absent.properties",
                "produce --corrupt blur x | blur (expected: invert, rotate90, rotate180, noise:SIGMA or dim:FACTOR",
                "feedback --since 1m a b | --since, --limit (expected: with --dataset)",
                "feedback --dataset x --limit 0 | --limit: 0 (expected: 1 or more)",
                "feedback --dataset x --file y | REQUEST_ID LABEL, --file FILE or --dataset SPEC (expected: one of them)",
                "results --count -1 | --count: -1 (expected: 1 or more)",
                "results --timeout 0s | 0s (expected: a time",
                "dlq list --limit 0 | limit: 0 (expected: 1 or more)",
                "dlq list --partition -1 | partition: -1 (expected: 0 or more)",
                "dlq show 17 | position: 17 (expected: PARTITION@OFFSET, such as 0@17)",
                "dlq replay | letters: none (expected: letters by PARTITION@OFFSET",
                "dlq replay --all 0@1 | --all: with letters or filters (expected: one or the other)",
                "dlq replay --all --max-replays 0 | max-replays: 0 (expected: 1 or more)",
            })
    void wrongUsageSaysWhatWasExpectedAndExitsTwo(String line, String message) {
        CommandRun run = CommandRun.of(line.split(" "));

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains(message);
        assertThat(run.out()).isEmpty();
    }

    @Test
    void namesEverySourceThatIsNotThere() {
        CommandRun run = CommandRun.of("produce", folder + "/a.png", folder + "/b");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err())
                .contains(folder + "/a.png: no such source (expected: a PNG or JPEG file, a folder of them)")
                .contains(folder + "/b: no such source");
    }

    @ParameterizedTest
    @ValueSource(strings = {"produce %s", "results", "dlq list"})
    void saysWithinTenSecondsThatNoBrokerAnswers(String command) throws Exception {
        Path image = Files.write(folder.resolve("a.png"), new byte[] {1});
        Path file = Files.writeString(folder.resolve("client.properties"), "bootstrap.servers=127.0.0.1:1\n");
        long start = System.nanoTime();

        CommandRun run = CommandRun.of((String.format(command, image) + " --kafka-config " + file).split(" "));

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).startsWith("bootstrap: 127.0.0.1:1 (expected: the address of a running Kafka broker");
        assertThat(run.err().lines()).hasSize(1);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    }

    @ParameterizedTest
    @CsvSource({"500ms,500", "30s,30000", "2m,120000", "1h,3600000"})
    void readsTimes(String text, long millis) {
        assertThat(new DurationConverter().convert(text)).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @CsvSource({"500/s,500", "500,500", "0.5/s,0.5", "30/m,0.5"})
    void readsRates(String text, double perSecond) {
        assertThat(new Rate.Converter().convert(text)).isEqualTo(new Rate(perSecond));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1/s", "0", "1/h", "1e3", "NaN"})
    void refusesWhatIsNoRate(String text) {
        assertThatExceptionOfType(TypeConversionException.class)
                .isThrownBy(() -> new Rate.Converter().convert(text))
                .withMessage(text + " (expected: a rate such as 500/s or 30/m)");
    }

    @Test
    void schedulesImagesWithoutDrift() {
        Rate rate = new Rate(3);

        assertThat(rate.dueNanos(0)).isZero();
        assertThat(rate.dueNanos(1)).isEqualTo(333_333_333);
        assertThat(rate.dueNanos(3_000_000)).isBetween(999_999_999_999_000L, 1_000_000_000_001_000L);
    }
}

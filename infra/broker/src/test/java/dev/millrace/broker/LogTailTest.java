package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTailTest {

    @TempDir
    Path directory;

    @Test
    void givesTheLastLinesOfALogLargerThanItReads() throws IOException {
        Path log = directory.resolve("big.log");
        String lines =
                IntStream.range(0, 20_000).mapToObj(i -> "line " + i).collect(Collectors.joining("\n", "", "\n"));
        Files.writeString(log, lines);
        assertThat(new LogTail(log).lastLines(2)).containsExactly("line 19998", "line 19999");
    }

    @Test
    void isEmptyWhileThereIsNoLog() {
        assertThat(new LogTail(directory.resolve("none")).lastLines(5)).isEmpty();
    }
}

package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ReadyLineTest {

    @Test
    void isReadBackAsItWasWrittenWhateverTheDirectoryIsCalled() {
        ReadyLine line = new ReadyLine("127.0.0.1:9092", Path.of("/tmp/a dir (1)/data"));
        assertThat(ReadyLine.parse(line.text())).contains(line);
    }

    @Test
    void namesTheKafkaVersion() {
        assertThat(new ReadyLine("127.0.0.1:1", Path.of("/d")).text())
                .isEqualTo("Kafka 4.4.0 ready at 127.0.0.1:1 (data: " + Path.of("/d") + ")");
    }

    @Test
    void doesNotMistakeALogLineForIt() {
        assertThat(ReadyLine.parse("12:00:00 WARN Kafka: not ready at all")).isEmpty();
    }
}

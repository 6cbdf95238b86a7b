package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {

    @TempDir
    Path parent;

    @Test
    void keepsADirectoryThatWasGiven() throws IOException {
        Path given = parent.resolve("new/deep");
        try (DataDirectory data = DataDirectory.open(given)) {
            Files.createFile(data.path().resolve("record"));
        }
        assertThat(given.resolve("record")).exists();
    }

    @Test
    void deletesATemporaryDirectoryWithAllInIt() throws IOException {
        Path path;
        try (DataDirectory data = DataDirectory.open(null)) {
            path = data.path();
            Files.createFile(
                    Files.createDirectories(path.resolve("log/topic-0")).resolve("segment"));
        }
        assertThat(path).doesNotExist();
    }

    @Test
    void refusesAFileInPlaceOfADirectory() throws IOException {
        Path file = Files.createFile(parent.resolve("file"));
        assertThatThrownBy(() -> DataDirectory.open(file))
                .isInstanceOf(BrokerException.class)
                .hasMessageContaining("--data: " + file + " (expected: a directory");
    }
}

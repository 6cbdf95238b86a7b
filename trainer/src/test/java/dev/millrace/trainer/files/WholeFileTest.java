package dev.millrace.trainer.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFileTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void aDiskThatFillsUpIsNamedWithItsFileAndLeavesTheOldContent() throws Exception {
        Path file = folder.resolve("new/file");
        WholeFile.write(file, new byte[] {1, 2});

        assertThatThrownBy(() -> WholeFile.write(file, out -> {
                    out.write(ByteBuffer.allocate(100));
                    throw new IOException("No space left on device");
                }))
                .hasMessage(file + ": No space left on device");

        assertThat(Files.readAllBytes(file)).containsExactly(1, 2);
        assertThat(file.getParent()).isDirectoryNotContaining("glob:**.part");
    }
}

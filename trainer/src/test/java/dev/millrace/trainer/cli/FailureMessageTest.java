package dev.millrace.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class FailureMessageTest {
    @Test
    void saysWhatIsWrongWithAFileWhereTheSystemOnlyNamesIt() {
        assertThat(FailureMessage.of(new NoSuchFileException("a.onnx"))).isEqualTo("a.onnx: no such file or folder");
        assertThat(FailureMessage.of(new AccessDeniedException("a.onnx"))).isEqualTo("a.onnx: permission denied");
        assertThat(FailureMessage.of(new FileSystemException("a.onnx", null, "Is a directory")))
                .isEqualTo("a.onnx: Is a directory");
        assertThat(FailureMessage.of(new IOException("size: 3 (expected: 4)"))).isEqualTo("size: 3 (expected: 4)");
    }
}

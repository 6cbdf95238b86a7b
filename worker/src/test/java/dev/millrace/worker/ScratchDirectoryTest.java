package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScratchDirectoryTest {
    private final String tmpdir = System.getProperty("java.io.tmpdir");

    @AfterEach
    void restore() {
        System.setProperty("java.io.tmpdir", tmpdir);
    }

    @Test
    void leavesNothingBehind(@TempDir Path parent) throws Exception {
        try (ScratchDirectory scratch = ScratchDirectory.claim(parent)) {
            Files.createDirectory(scratch.path().resolve("natives"));
            Files.writeString(scratch.path().resolve("natives/lib.so"), "x");
            assertThat(System.getProperty("java.io.tmpdir"))
                    .isEqualTo(scratch.path().toString());
        }

        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void sweepsWhatAKilledWorkerLeft(@TempDir Path parent) throws Exception {
        Path left = Files.createDirectory(parent.resolve("millrace-worker-1-1"));
        Files.writeString(left.resolve("lock"), "");
        Files.writeString(left.resolve("lib.so"), "x");

        ScratchDirectory.claim(parent).close();

        assertThat(left).doesNotExist();
    }

    @Test
    void leavesALivingWorkersDirectoryAlone(@TempDir Path parent) throws Exception {
        try (ScratchDirectory living = ScratchDirectory.claim(parent)) {
            ScratchDirectory.claim(parent).close();

            assertThat(living.path()).exists();
        }
    }

    @Test
    void leavesADirectoryAloneThatIsNotYetLocked(@TempDir Path parent) throws Exception {
        Path coming = Files.createDirectory(parent.resolve("millrace-worker-2-2"));

        ScratchDirectory.claim(parent).close();

        assertThat(coming).exists();
    }
}

package dev.millrace.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PublisherKeyTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void isMadeOnFirstUseForItsOwnerOnly() throws Exception {
        PublisherKey key = new PublisherKey(folder.resolve("nested/home"));

        assertThat(key.makeIfAbsent()).isTrue();

        assertThat(key.publicFile()).isRegularFile();
        assertThat(key.signer()).isNotNull();
        assumeTrue(isPosix());
        assertThat(permissions(key.folder())).isEqualTo("rwx------");
        assertThat(permissions(key.privateFile())).isEqualTo("rw-------");
    }

    @Test
    void isUsedAgainAsItIs() throws Exception {
        PublisherKey key = new PublisherKey(folder.resolve("home"));
        key.makeIfAbsent();
        byte[] before = Files.readAllBytes(key.privateFile());

        assertThat(key.makeIfAbsent()).isFalse();

        assertThat(key.privateFile()).hasBinaryContent(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"publisher.key", "publisher.pub"})
    void refusesOneFileWithoutTheOther(String missing) throws Exception {
        PublisherKey key = new PublisherKey(folder.resolve("home"));
        key.makeIfAbsent();
        Files.delete(key.folder().resolve(missing));

        assertThatThrownBy(key::makeIfAbsent)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("without " + missing + " (expected: both, or neither");
        assertThat(key.folder().resolve(missing)).doesNotExist();
    }

    @Test
    void saysThatAFileIsWhereTheFolderShouldBe() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");

        assertThatThrownBy(() -> new PublisherKey(file).makeIfAbsent())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot be made in " + file)
                .hasMessageContaining("(expected: a writable MILLRACE_HOME, or --key)");
    }

    @Test
    void saysThatTheFolderIsNotWritable() throws Exception {
        assumeTrue(isPosix());
        Path home = Files.createDirectory(folder.resolve("home"));
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("r-x------"));
        assumeFalse(Files.isWritable(home), "root may write everywhere");

        assertThatThrownBy(() -> new PublisherKey(home).makeIfAbsent())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot be made in " + home)
                .hasMessageContaining("AccessDeniedException")
                .hasMessageContaining("(expected: a writable MILLRACE_HOME, or --key)");
    }

    private boolean isPosix() {
        return folder.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}

package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.schemas.manifest.ManifestKeys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrustedKeysTest {
    private final KeyPair one = ManifestKeys.generate();
    private final KeyPair two = ManifestKeys.generate();

    @TempDir
    private Path dir = Path.of("");

    @Test
    void areThoseThatTheFilesHoldWhenTheyAreAskedFor() throws Exception {
        ManifestKeys.write(one, dir.resolve("one"));
        TrustedKeys keys = new TrustedKeys(List.of(dir));
        assertThat(keys.get()).containsExactly(one.getPublic());

        ManifestKeys.write(two, dir.resolve("two"));
        assertThat(keys.get()).containsExactly(one.getPublic(), two.getPublic());

        Files.delete(dir.resolve("one.pub"));
        assertThat(keys.get()).containsExactly(two.getPublic());
        Files.delete(dir.resolve("two.pub"));
        assertThat(keys.get()).isEmpty();
    }

    @Test
    void aFileThatIsHalfWrittenCostsItsOwnKeyOnly() throws Exception {
        ManifestKeys.write(one, dir.resolve("one"));
        Files.writeString(dir.resolve("half.pub"), "-----BEGIN PUBLIC KEY-----");
        TrustedKeys keys = new TrustedKeys(List.of(dir, dir.resolve("nowhere.pub")));

        assertThat(keys.get()).containsExactly(one.getPublic());
    }

    @Test
    void atTheStartEveryFileMustBeReadable() throws Exception {
        ManifestKeys.write(one, dir.resolve("one"));
        assertThatCode(() -> new TrustedKeys(List.of(dir)).requireReadable()).doesNotThrowAnyException();

        Files.writeString(dir.resolve("half.pub"), "-----BEGIN PUBLIC KEY-----");
        assertThatThrownBy(() -> new TrustedKeys(List.of(dir)).requireReadable())
                .hasMessageContaining("half.pub");
        assertThatThrownBy(() -> new TrustedKeys(List.of(dir.resolve("nowhere.pub"))).requireReadable())
                .hasMessageEndingWith("nowhere.pub: cannot be read (expected: a key file, or a folder of *.pub)");
        Path empty = Files.createDirectory(dir.resolve("empty"));
        assertThatThrownBy(() -> new TrustedKeys(List.of(empty)).requireReadable())
                .hasMessageContaining("(expected: a key file, or a folder of *.pub)");
    }
}

package dev.millrace.worker.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.millrace.schemas.manifest.ManifestKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ArtifactCacheTest {
    private static final int SIZE = 1_000;

    @TempDir
    private Path dir = Path.of("");

    @Test
    void givesBackWhatItKept() throws Exception {
        ArtifactCache cache = new ArtifactCache(dir, 10 * SIZE);
        byte[] one = artifact(1);

        assertThat(cache.read(wanted(one))).isEmpty();
        cache.keep(wanted(one), one);

        assertThat(cache.read(wanted(one))).contains(one);
        assertThat(files()).containsExactly(ManifestKeys.sha256(one) + ".onnx");
    }

    @Test
    void deletesWhatWasAlteredOrCutOff() throws Exception {
        ArtifactCache cache = new ArtifactCache(dir, 10 * SIZE);
        byte[] one = artifact(1);
        byte[] altered = artifact(1);
        altered[SIZE / 2] ^= 1;
        for (byte[] damaged :
                List.of(altered, Arrays.copyOf(one, SIZE - 1), Arrays.copyOf(one, SIZE + 1), new byte[0])) {
            cache.keep(wanted(one), one);
            Files.write(file(one), damaged);

            assertThat(cache.read(wanted(one))).isEmpty();
            assertThat(files()).isEmpty();
        }
    }

    @Test
    void makesRoomByWhatWasUsedLongestAgo() throws Exception {
        ArtifactCache cache = new ArtifactCache(dir, 3 * SIZE);
        Instant start = Instant.now().minus(Duration.ofDays(1));
        for (int i = 1; i <= 3; i++) {
            cache.keep(wanted(artifact(i)), artifact(i));
            Files.setLastModifiedTime(file(artifact(i)), FileTime.from(start.plusSeconds(i)));
        }
        assertThat(cache.read(wanted(artifact(1)))).isPresent();

        cache.keep(wanted(artifact(4)), artifact(4));

        assertThat(cache.read(wanted(artifact(1)))).isPresent();
        assertThat(cache.read(wanted(artifact(2)))).isEmpty();
        assertThat(cache.read(wanted(artifact(3)))).isPresent();
        assertThat(cache.read(wanted(artifact(4)))).isPresent();
    }

    @Test
    void keepsNothingThatIsLargerThanAllOfItAndThrowsNothingOutForIt() throws Exception {
        ArtifactCache cache = new ArtifactCache(dir, SIZE);
        byte[] large = new byte[SIZE + 1];
        cache.keep(wanted(artifact(1)), artifact(1));
        cache.keep(wanted(large), large);

        assertThat(cache.read(wanted(artifact(1)))).isPresent();
        assertThat(files()).hasSize(1);
    }

    @Test
    void sweepsWhatAKilledWriterLeftButNotWhatIsBeingWritten() throws Exception {
        Path left = Files.write(dir.resolve(".part-left"), new byte[1]);
        Files.setLastModifiedTime(left, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
        Path written = Files.write(dir.resolve(".part-written"), new byte[1]);

        ArtifactCache cache = new ArtifactCache(dir, SIZE);

        assertThat(cache.read(wanted(artifact(1)))).isEmpty();
        assertThat(left).doesNotExist();
        assertThat(written).exists();
    }

    @Test
    void isNoMoreThanAWarningWhereItsFolderIsNone() throws Exception {
        Path file = Files.write(dir.resolve("file"), new byte[1]);
        ArtifactCache cache = new ArtifactCache(file.resolve("cache"), SIZE);

        cache.keep(wanted(artifact(1)), artifact(1));

        assertThat(cache.read(wanted(artifact(1)))).isEmpty();
        assertThat(files()).containsExactly("file");
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void isNoMoreThanAWarningWhereItsFolderIsReadOnly() throws Exception {
        ArtifactCache cache = new ArtifactCache(dir, 10 * SIZE);
        cache.keep(wanted(artifact(1)), artifact(1));
        Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("r-xr-xr-x"));
        try {
            // The superuser writes where nobody may.
            assumeThat(Files.isWritable(dir)).isFalse();
            cache.keep(wanted(artifact(2)), artifact(2));

            assertThat(cache.read(wanted(artifact(1)))).isPresent();
            assertThat(cache.read(wanted(artifact(2)))).isEmpty();
        } finally {
            Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void isNoMoreThanAWarningWhereItsDiskIsFullOrBecomesReadOnly() throws Exception {
        assumeThat(mount("-t", "tmpfs", "-o", "size=64k", "millrace-cache", dir.toString()))
                .as("only root may mount")
                .isTrue();
        try {
            ArtifactCache cache = new ArtifactCache(dir, 1 << 20);
            byte[] large = new byte[100_000];
            cache.keep(wanted(large), large);
            assertThat(cache.read(wanted(large))).isEmpty();
            assertThat(files()).as("nor is half of it left").isEmpty();

            cache.keep(wanted(artifact(1)), artifact(1));
            assumeThat(mount("-o", "remount,ro", dir.toString())).isTrue();
            cache.keep(wanted(artifact(2)), artifact(2));
            assertThat(cache.read(wanted(artifact(1)))).isPresent();
            assertThat(cache.read(wanted(artifact(2)))).isEmpty();
        } finally {
            run("umount", "-l", dir.toString());
        }
    }

    private static boolean mount(String... arguments) throws Exception {
        return run(Stream.concat(Stream.of("mount"), Stream.of(arguments)).toArray(String[]::new));
    }

    private static boolean run(String... command) throws Exception {
        return new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    private Path file(byte[] artifact) {
        return dir.resolve(ManifestKeys.sha256(artifact) + ".onnx");
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private static Wanted wanted(byte[] artifact) {
        return new Wanted("kafka:", ManifestKeys.sha256(artifact), artifact.length);
    }

    private static byte[] artifact(int seed) {
        byte[] bytes = new byte[SIZE];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}

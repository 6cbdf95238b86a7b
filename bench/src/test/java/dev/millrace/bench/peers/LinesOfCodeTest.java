package dev.millrace.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinesOfCodeTest {
    private static final Path PROGRAMS = Path.of("peers");

    @Test
    void countsNeitherEmptyLinesNorComments() {
        assertThat(LinesOfCode.of("""
                /** One. */
                package a;

                /*
                 * Two.
                 */
                import b; // counts
                // does not
                """)).isEqualTo(2);
    }

    @Test
    void countsNoDocstrings() {
        assertThat(LinesOfCode.of("\"\"\"One line.\"\"\"\nimport a\n\"\"\"\nTwo\n\"\"\"\n# no\nb()\n"))
                .isEqualTo(2);
    }

    @Test
    void countsWhatEachUserWrites() throws Exception {
        assertThat(PROGRAMS).isDirectory();
        for (Peer peer : Peer.ALL) {
            assertThat(peer.sources())
                    .allSatisfy(source -> assertThat(PROGRAMS.resolve(source)).isRegularFile());
            int lines = LinesOfCode.of(PROGRAMS, peer.sources());
            if (peer.isMillrace()) {
                assertThat(lines).isZero();
            } else {
                assertThat(lines).as(peer.name()).isBetween(20, 300);
            }
        }
    }

    @Test
    void everyProgramOfTheFolderIsSomeonesCode() throws Exception {
        List<String> counted = Peer.ALL.stream()
                .flatMap(peer -> peer.sources().stream())
                .distinct()
                .toList();
        for (String folder : List.of("java", "parallel")) {
            try (var files = Files.walk(PROGRAMS.resolve(folder).resolve("src"))) {
                assertThat(files.filter(file -> file.toString().endsWith(".java"))
                                .map(file -> PROGRAMS.relativize(file).toString()))
                        .isSubsetOf(counted);
            }
        }
    }
}

package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The Spring code in producer/README.md is what {@link SpringReplyIT} runs. */
class ImageCallsTest {
    private static final Path SOURCE = Path.of("src/test/java/dev/millrace/worker/ImageCalls.java");

    @Test
    void readmeShowsTheClassAsItIs() throws IOException {
        String source = Files.readString(SOURCE);
        String shown = source.substring(
                source.indexOf("// producer/README.md begins here.\n")
                        + "// producer/README.md begins here.\n".length(),
                source.indexOf("// producer/README.md ends here."));

        assertThat(Files.readString(Path.of("..", "producer", "README.md"))).contains("```java\n" + shown + "```\n");
    }
}

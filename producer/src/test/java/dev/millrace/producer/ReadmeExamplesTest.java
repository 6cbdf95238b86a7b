package dev.millrace.producer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The programs of producer/README.md in other languages are the files of {@code examples}, which {@code infra/languages/lane} runs.
 * {@code -Dmillrace.readme.write=true} writes them anew.
 */
class ReadmeExamplesTest {
    private static final Path ROOT = Path.of("..");
    private static final Path README = ROOT.resolve("producer/README.md");

    @ParameterizedTest
    @CsvSource({"producer/examples/node/classify.mjs, js", "producer/examples/python/classify.py, python"})
    void readmeShowsTheProgramAsItIsRun(String file, String language) throws IOException {
        String readme = Files.readString(README);
        String mark = "<!-- example: " + file + " -->\n";
        int begin = readme.indexOf(mark) + mark.length();
        int end = readme.indexOf("<!-- end of example -->", begin);
        assertThat(readme).contains(mark);
        assertThat(end).as("the end of " + file + " in producer/README.md").isGreaterThan(begin);
        String block = "\n```" + language + "\n" + Files.readString(ROOT.resolve(file)) + "```\n\n";
        if (Boolean.getBoolean("millrace.readme.write")) {
            Files.writeString(README, readme.substring(0, begin) + block + readme.substring(end));
            return;
        }

        assertThat(readme.substring(begin, end))
                .as("producer/README.md's " + file + " (mvn -pl producer -am test -Dtest=ReadmeExamplesTest "
                        + "-Dsurefire.failIfNoSpecifiedTests=false -Dmillrace.readme.write=true writes it)")
                .isEqualTo(block);
    }

    @Test
    void firstPageShowsLinesOfTheProgram() throws IOException {
        String readme = Files.readString(ROOT.resolve("README.md"));
        int begin = readme.indexOf("```python\n") + "```python\n".length();

        assertThat(Files.readString(ROOT.resolve("producer/examples/python/classify.py")))
                .contains(readme.substring(begin, readme.indexOf("```", begin)));
    }

    @Test
    void packagesComeFromWhateverRegistryIsConfigured() throws IOException {
        assertThat(ROOT.resolve("producer/examples/node/package-lock.json"))
                .content()
                .contains("\"integrity\": \"sha512-")
                .doesNotContain("\"resolved\"");
        assertThat(ROOT.resolve("producer/examples/python/requirements.txt"))
                .content()
                .matches("([a-z-]+==[0-9.]+\n)+");
    }
}

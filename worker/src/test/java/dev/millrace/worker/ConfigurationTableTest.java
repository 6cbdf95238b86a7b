package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The table of settings in worker/README.md is what the code says. {@code -Dmillrace.readme.write=true} writes it anew. */
class ConfigurationTableTest {
    private static final Path README = Path.of("README.md");
    private static final String BEGIN = "<!-- settings: written by ConfigurationTableTest -->\n";
    private static final String END = "<!-- end of settings -->";

    @Test
    void readmeListsEverySettingWithItsDefault() throws IOException {
        String readme = Files.readString(README);
        int begin = readme.indexOf(BEGIN) + BEGIN.length();
        int end = readme.indexOf(END);
        assertThat(end).as("the table's marks in worker/README.md").isGreaterThanOrEqualTo(begin);
        if (Boolean.getBoolean("millrace.readme.write")) {
            Files.writeString(README, readme.substring(0, begin) + table() + readme.substring(end));
            return;
        }

        assertThat(readme.substring(begin, end))
                .as("worker/README.md's settings (mvn -pl worker -am test -Dtest=ConfigurationTableTest "
                        + "-Dsurefire.failIfNoSpecifiedTests=false -Dmillrace.readme.write=true writes them)")
                .isEqualTo(table());
    }

    @Test
    void everySettingBelongsToOneGroup() {
        assertThat(SettingGroup.allSettings())
                .as("give a new prefix to one SettingGroup")
                .containsExactlyInAnyOrder(Setting.values());
    }

    private static String table() {
        StringBuilder table = new StringBuilder("\n");
        for (SettingGroup group : SettingGroup.values()) {
            table.append("| ").append(group.title).append(" | default | meaning |\n|---|---|---|\n");
            for (Setting setting : group.settings()) {
                String shown = setting.defaultValue.isEmpty() ? "" : "`" + setting.defaultValue + "`";
                table.append("| `%s` | %s | %s |\n".formatted(setting.key, shown, setting.doc.replace("|", "\\|")));
            }
            table.append('\n');
        }
        return table.toString();
    }
}

package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class EffectiveSettingsTest {
    private static final Map<String, String> GIVEN = Map.of(
            "millrace.batch.max",
            "16",
            "millrace.schema.registry.url",
            "https://me:planted@registry.example.org/api",
            "millrace.schema.registry.auth",
            "me:planted",
            "kafka.security.protocol",
            "SASL_SSL",
            "kafka.sasl.jaas.config",
            "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"planted\";",
            "kafka.ssl.truststore.password",
            "planted",
            "kafka.ssl.truststore.location",
            "C:\\new\\trust");

    @Test
    void printsAFileThatTheConfigOptionTakes(@TempDir Path dir) throws Exception {
        Path file = Files.writeString(dir.resolve("worker.properties"), printed());

        Settings again = Settings.load(Map.of(), file);

        Properties properties = new Properties();
        properties.load(Files.newBufferedReader(file));
        assertThat(properties.stringPropertyNames())
                .containsAll(SettingGroup.allSettings().stream()
                        .map(setting -> setting.key)
                        .filter(key -> !key.matches("millrace\\.schema\\.registry\\.(url|auth)"))
                        .toList());
        assertThat(again.text(Setting.BATCH_MAX)).isEqualTo("16");
        assertThat(again.kafka()).containsEntry("security.protocol", "SASL_SSL");
        assertThat(again.kafka()).containsEntry("ssl.truststore.location", "C:\\new\\trust");
    }

    @Test
    void printsMeaningsAndDefaultsWithinEightyColumns() {
        assertThat(printed())
                .contains(
                        "## Images and batching",
                        "# Most images in one session run.\n# Default: 8\nmillrace.batch.max=16\n");
        assertThat(printed().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    }

    @Test
    void printsAndLogsNoPassword() {
        Logger logger = (Logger) LoggerFactory.getLogger(EffectiveSettingsTest.class);
        ListAppender<ILoggingEvent> events = new ListAppender<>();
        events.start();
        logger.setLevel(Level.INFO);
        logger.addAppender(events);

        new EffectiveSettings(Settings.load(GIVEN, null)).log(logger);

        Map<String, Object> logged = new HashMap<>();
        events.list.forEach(event -> event.getKeyValuePairs().forEach(pair -> logged.put(pair.key, pair.value)));
        assertThat(logged)
                .containsEntry("millrace.batch.max", "16")
                .containsEntry("millrace.schema.registry.url", "https://[hidden]@registry.example.org/api")
                .containsEntry("millrace.schema.registry.auth", "[hidden]")
                .containsEntry("kafka.security.protocol", "SASL_SSL")
                .containsEntry("kafka.sasl.jaas.config", "[hidden]")
                .containsEntry("kafka.ssl.truststore.password", "[hidden]");
        assertThat(logged.toString()).doesNotContain("planted");
        assertThat(printed()).doesNotContain("planted").contains("#kafka.ssl.truststore.password=[hidden]");
    }

    private static String printed() {
        StringWriter out = new StringWriter();
        new EffectiveSettings(Settings.load(GIVEN, null)).print(new PrintWriter(out));
        return out.toString();
    }
}

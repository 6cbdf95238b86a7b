package dev.millrace.worker;

import java.io.PrintWriter;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.slf4j.Logger;
import org.slf4j.spi.LoggingEventBuilder;

/** What a worker was configured with in the end, for people and logs: passwords are masked. */
final class EffectiveSettings {
    private static final String MASK = "[hidden]";
    private static final int COLUMNS = 80;

    private final Settings settings;

    EffectiveSettings(Settings settings) {
        this.settings = settings;
    }

    /** Prints every setting with its meaning, as a properties file that {@code --config} takes. */
    void print(PrintWriter out) {
        for (SettingGroup group : SettingGroup.values()) {
            out.printf("## %s%n%n", group.title);
            group.settings().forEach(setting -> print(out, setting));
        }
        out.printf("## Kafka clients: kafka.NAME is passed on as NAME%n%n");
        kafka().forEach((name, value) ->
                out.printf("%skafka.%s=%s%n", value.equals(MASK) ? "#" : "", name, escaped(value)));
        out.flush();
    }

    private void print(PrintWriter out, Setting setting) {
        comment(out, setting.doc);
        String value = shown(setting);
        if (!value.equals(setting.defaultValue)) {
            comment(out, "Default: " + (setting.defaultValue.isEmpty() ? "empty" : setting.defaultValue));
        }
        out.printf("%s%s=%s%n%n", value.contains(MASK) ? "#" : "", setting.key, escaped(value));
    }

    private String shown(Setting setting) {
        String value = settings.text(setting);
        return switch (setting) {
            case REGISTRY_AUTH -> value.isEmpty() ? value : MASK;
            case REGISTRY_URL -> value.replaceFirst("//[^/]*@", "//" + Matcher.quoteReplacement(MASK) + "@");
            default -> value;
        };
    }

    /** As {@link java.util.Properties#load(java.io.Reader)} reads it back. */
    private static String escaped(String value) {
        return value.replace("\\", "\\\\").replace("\n", "\\n");
    }

    private static void comment(PrintWriter out, String text) {
        StringBuilder line = new StringBuilder("#");
        for (String word : text.split(" ", -1)) {
            if (line.length() + 1 + word.length() > COLUMNS) {
                out.println(line);
                line = new StringBuilder("#");
            }
            line.append(' ').append(word);
        }
        out.println(line);
    }

    /** Logs every setting, one line for Millrace's and one for the Kafka clients'. */
    void log(Logger log) {
        LoggingEventBuilder own = log.atInfo();
        for (Setting setting : SettingGroup.allSettings()) {
            own = own.addKeyValue(setting.key, shown(setting));
        }
        own.log("configuration");
        LoggingEventBuilder clients = log.atInfo();
        for (Map.Entry<String, String> property : kafka().entrySet()) {
            clients = clients.addKeyValue("kafka." + property.getKey(), property.getValue());
        }
        clients.log("configuration of the kafka clients");
    }

    private Map<String, String> kafka() {
        Map<String, String> shown = new TreeMap<>(settings.kafka());
        shown.replaceAll((name, value) -> isSecret(name) ? MASK : value);
        return shown;
    }

    private static boolean isSecret(String name) {
        return Stream.of(ConsumerConfig.configDef(), ProducerConfig.configDef(), AdminClientConfig.configDef())
                .map(client -> client.configKeys().get(name))
                .anyMatch(key -> key != null && key.type() == ConfigDef.Type.PASSWORD);
    }
}

package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.lane.BatchPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkerConfigTest {
    @Test
    void hasDefaultsThatWorkWithoutAnySetting() {
        WorkerConfig config = WorkerConfig.from(Settings.load(Map.of(), null));

        assertThat(config.topics().requests()).isEqualTo("millrace.requests");
        assertThat(config.group()).isEqualTo("millrace");
        assertThat(config.batch())
                .isEqualTo(new BatchPolicy(8, Duration.ZERO, Duration.ofMillis(50), 5, DecodeLimits.DEFAULT));
        assertThat(config.lanes()).isNotEmpty();
        assertThat(config.http().host()).isEqualTo("127.0.0.1");
    }

    @Test
    void prefersTheCommandLineToTheFile(@TempDir Path dir) throws IOException {
        Path file = Files.writeString(
                dir.resolve("w.properties"), "millrace.batch.max=4\nmillrace.top.k=3\nkafka.security.protocol=SSL\n");

        WorkerConfig config = WorkerConfig.from(Settings.load(Map.of("millrace.batch.max", "16"), file));

        assertThat(config.batch().max()).isEqualTo(16);
        assertThat(config.batch().topK()).isEqualTo(3);
        assertThat(config.kafka()).containsEntry("security.protocol", "SSL");
    }

    @Test
    void suggestsTheKeyThatWasMeant() {
        assertThatThrownBy(() -> Settings.load(Map.of("millrace.bacth.max", "4"), null))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("command line: millrace.bacth.max is no setting (did you mean millrace.batch.max?)");
    }

    @Test
    void saysWhatAValueShouldBe() {
        assertThatThrownBy(() -> config("millrace.batch.max", "many"))
                .hasMessage("millrace.batch.max: many (expected: a whole number)");
        assertThatThrownBy(() -> config("millrace.batch.linger", "soon"))
                .hasMessage("millrace.batch.linger: soon (expected: a duration such as 5ms, 2s or 1m)");
        assertThatThrownBy(() -> config("millrace.http.port", "70000")).hasMessageContaining("0 to 65535");
        assertThatThrownBy(() -> config("millrace.lanes", "cpu:x"))
                .hasMessageContaining("millrace.lanes: cpu:x")
                .hasMessageContaining("; this process has CPUs ");
        assertThatThrownBy(() -> config("millrace.cuda.memory.limit", "-1"))
                .hasMessage("millrace.cuda.memory.limit: -1 (expected: at least 0)");
        assertThatThrownBy(() -> config("millrace.trusted.keys", "/nowhere.pub"))
                .hasMessageContaining("/nowhere.pub");
        assertThatThrownBy(() -> config("millrace.models.rehearsal.memory", "0"))
                .hasMessage("millrace.models.rehearsal.memory: 0 (expected: at least 1)");
        assertThatThrownBy(() -> config("millrace.models.rehearsal.time", "0ms"))
                .hasMessage("millrace.models.rehearsal.time: 0ms (expected: more than no time)");
        assertThatThrownBy(() -> config("millrace.models.cache.limit", "0"))
                .hasMessage("millrace.models.cache.limit: 0 (expected: at least 1)");
        assertThatThrownBy(() -> config("millrace.device.required", "yes")).hasMessageContaining("true or false");
    }

    @Test
    void refusesKafkaSettingsThatNoClientKnowsOrThatLanesCannotShare() {
        assertThatThrownBy(() -> config("kafka.bootsrap.serverz", "x"))
                .hasMessageContaining("kafka.bootsrap.serverz is no setting of a Kafka client");
        assertThatThrownBy(() -> config("kafka.group.instance.id", "one"))
                .hasMessageContaining("kafka.group.instance.id is set by the worker itself");
        assertThatThrownBy(() -> config("kafka.acks", "1"))
                .hasMessageContaining("kafka.acks is set by the worker itself (expected: not given)");
    }

    @Test
    void namesTheSettingThatIsWrong() {
        assertThatThrownBy(() -> config("millrace.batch.max", "5000"))
                .hasMessageContaining("millrace.batch.max: 5000 (expected: 1 to 1024)");
        assertThatThrownBy(() -> config("millrace.batch.max", "0"))
                .hasMessage("millrace.batch.max: 0 (expected: at least 1)");
        assertThatThrownBy(() -> config("millrace.lanes.reserve", "-1"))
                .hasMessage("millrace.lanes.reserve: -1 (expected: at least 0)");
    }

    @Test
    void refusesWindowsThatLeaveATransactionNoTimeToCommit() {
        assertThatThrownBy(() -> config("millrace.delivery", "exactly-once", "millrace.txn.window", "20s"))
                .hasMessage("millrace.txn.window: 20000ms (expected: at most half of kafka.transaction.timeout.ms,"
                        + " which is 15000)");
        assertThat(config(
                                "millrace.delivery",
                                "exactly-once",
                                "millrace.txn.window",
                                "20s",
                                "kafka.transaction.timeout.ms",
                                "60000")
                        .delivery()
                        .transactionTimeout())
                .hasSeconds(60);
    }

    @Test
    void refusesForAQueueWhatNeedsPartitionsOfALanesOwn() {
        assertThatThrownBy(() ->
                        config("millrace.delivery", "queue", "millrace.group.membership", "static", "millrace.id", "w"))
                .hasMessageContaining("millrace.group.membership: static (expected: dynamic with --delivery queue");
        assertThatThrownBy(() -> config("millrace.delivery", "queue", "millrace.overload.policy", "shed-oldest"))
                .hasMessageContaining("millrace.overload.policy: shed-oldest (expected: wait with --delivery queue");
        assertThatThrownBy(() -> config("millrace.delivery", "queue", "millrace.killer.crashes", "8"))
                .hasMessage("millrace.killer.crashes: 8 (expected: 1 to 7 with --delivery queue)");
        assertThatThrownBy(() -> config("millrace.delivery", "once"))
                .hasMessage("millrace.delivery: once (expected: at-least-once, exactly-once, queue)");
    }

    @Test
    void expectsTheBrokerOnThisMachineUnlessTold() {
        assertThat(WorkerConfig.from(Settings.load(Map.of(), null)).kafka()).containsKey("bootstrap.servers");
    }

    @Test
    void passesEverythingUnderKafkaThrough() {
        assertThat(config("kafka.max.poll.interval.ms", "60000").kafka())
                .containsEntry("max.poll.interval.ms", "60000");
    }

    @Test
    void repliesGoToTopicsThatBeginAsIsSaidOrNowhere() {
        assertThat(config().replies().prefixes()).containsExactly("millrace.replies");
        assertThat(config("millrace.reply.topics", "a.replies., b").replies().prefixes())
                .containsExactly("a.replies.", "b");
        assertThat(config("millrace.reply.topics", "").replies().prefixes()).isEmpty();
        assertThatThrownBy(() -> config("millrace.reply.topics", "a,,b"))
                .hasMessageContaining("millrace.reply.topics: nothing between commas (expected: ");
        assertThatThrownBy(() -> config("millrace.reply.topics", "*"))
                .hasMessageContaining("millrace.reply.topics: * (expected: ");
    }

    @Test
    void documentsEverySetting() {
        assertThat(Arrays.stream(Setting.values())).allSatisfy(setting -> {
            assertThat(setting.key).startsWith("millrace.");
            assertThat(setting.doc).endsWith(".");
        });
    }

    private static WorkerConfig config(String... keysAndValues) {
        Map<String, String> given = new HashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            given.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return WorkerConfig.from(Settings.load(given, null));
    }
}

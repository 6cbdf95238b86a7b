package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The life of the broker's own process; a container has another. */
@DisabledIfSystemProperty(named = "millrace.test.broker", matches = "container", disabledReason = "embedded only")
class BrokerProcessIT {

    private static final TopicPartition TOPIC = new TopicPartition("kept", 0);
    private static final long LIMIT_SECONDS = 60;

    @TempDir
    Path directory;

    @Test
    void leavesNothingInTheTempDirectoryWhenClosed() {
        Path data;
        try (BrokerProcess broker = BrokerProcess.launch().start()) {
            data = broker.data();
            assertThat(data).isDirectory();
            assertThat(broker.exitCode()).isEmpty();
            assertThat(broker.stop()).isZero();
        }
        assertThat(data).doesNotExist();
    }

    @Test
    void takesAnySettingOfABroker() throws Exception {
        ConfigResource node = new ConfigResource(ConfigResource.Type.BROKER, "1");
        try (BrokerProcess broker = launch().set("message.max.bytes", "70000").start();
                Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            assertThat(admin.describeConfigs(List.of(node))
                            .all()
                            .get(LIMIT_SECONDS, TimeUnit.SECONDS)
                            .values())
                    .extracting(config -> config.get("message.max.bytes").value())
                    .containsExactly("70000");
        }
    }

    @Test
    void keepsRecordsWhenItsDirectoryIsOpenedAgainOnAnotherPort() throws Exception {
        try (BrokerProcess broker = launch().start()) {
            write(broker, "first");
            assertThat(broker.stop()).isZero();
        }
        try (BrokerProcess broker = launch().start()) {
            assertThat(read(broker)).containsExactly("first");
        }
    }

    @Test
    void keepsAcknowledgedRecordsWhenItIsKilled() throws Exception {
        int port;
        try (BrokerProcess broker = launch().start()) {
            port = Integer.parseInt(broker.bootstrapServers().split(":", -1)[1]);
            write(broker, "a", "b", "c");
            assertThat(broker.kill()).isNotZero();
            assertThat(broker.exitCode()).isPresent();
        }
        try (BrokerProcess broker = launch().port(port).start()) {
            assertThat(broker.bootstrapServers()).endsWith(":" + port);
            assertThat(read(broker)).containsExactly("a", "b", "c");
        }
    }

    @Test
    void saysThatThePortIsInUse() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> launch().port(taken.getLocalPort()).start())
                    .isInstanceOf(BrokerException.class)
                    .hasMessageContaining("status 1")
                    .hasMessageContaining("--port: " + taken.getLocalPort() + " is in use");
        }
    }

    @Test
    void saysThatAnotherBrokerHoldsTheDirectory() {
        try (BrokerProcess first = launch().start()) {
            assertThatThrownBy(
                            () -> launch().log(directory.resolve("second.log")).start())
                    .isInstanceOf(BrokerException.class)
                    .hasMessageContaining("--data: " + first.data() + " is in use by another broker");
        }
    }

    @Test
    void endsWhenItsParentLetsGoOfThePipe() throws Exception {
        Process broker = command("--supervised", "--port", "0", "--data", directory.toString());
        firstLine(broker);
        broker.getOutputStream().close();
        assertThat(broker.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(broker.exitValue()).isZero();
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "Windows has no SIGTERM")
    void exitsZeroOnSigtermAndDeletesItsTemporaryDirectory() throws Exception {
        Process broker = command("--port", "0");
        ReadyLine ready = ReadyLine.parse(firstLine(broker)).orElseThrow();
        assertThat(ready.data()).isDirectory();
        broker.destroy();
        assertThat(broker.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(broker.exitValue()).isZero();
        assertThat(ready.data()).doesNotExist();
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "needs kill(1)")
    @EnabledIf(
            value = "dev.millrace.broker.Interrupts#reachChildren",
            disabledReason = "whoever started this build has SIGINT ignored, and so have its children")
    void leavesCtrlCToItsParentOnlyWhenSupervised() throws Exception {
        try (BrokerProcess supervised = launch().start()) {
            interrupt(supervised.handle());
            write(supervised, "still there");
            assertThat(supervised.stop()).isZero();
        }
        Process alone = command("--port", "0");
        try {
            firstLine(alone);
            interrupt(alone.toHandle());
            assertThat(alone.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(alone.exitValue()).isZero();
        } finally {
            alone.destroyForcibly();
        }
    }

    @Test
    void printsItsAddressAsJson() throws Exception {
        Process broker = command("--json", "--supervised", "--port", "0", "--data", directory.toString());
        assertThat(firstLine(broker)).matches("\\{\"bootstrap\":\"127\\.0\\.0\\.1:\\d+\",\"data\":\".+\"}");
        broker.getOutputStream().close();
        assertThat(broker.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    private BrokerLaunch launch() {
        return BrokerProcess.launch().data(directory.resolve("data"));
    }

    private static Process command(String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx384m",
                "-cp",
                System.getProperty("java.class.path"),
                BrokerMain.class.getName()));
        command.addAll(List.of(args));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static String firstLine(Process process) throws IOException {
        String line =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)).readLine();
        assertThat(line).isNotNull();
        return line;
    }

    private static void interrupt(ProcessHandle process) throws Exception {
        Process kill = new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }

    private static void write(BrokerProcess broker, String... values) throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", broker.bootstrapServers(), "acks", "all");
        try (Admin admin = Admin.create(settings)) {
            admin.createTopics(List.of(new NewTopic(TOPIC.topic(), 1, (short) 1)))
                    .all()
                    .get();
        }
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (String value : values) {
                producer.send(new ProducerRecord<>(TOPIC.topic(), value)).get();
            }
        }
    }

    private static List<String> read(BrokerProcess broker) {
        Map<String, Object> settings = Map.of("bootstrap.servers", broker.bootstrapServers());
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(Set.of(TOPIC));
            consumer.seekToBeginning(Set.of(TOPIC));
            long end = consumer.endOffsets(Set.of(TOPIC)).getOrDefault(TOPIC, 0L);
            List<String> values = new ArrayList<>();
            while (consumer.position(TOPIC) < end) {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(record.value()));
            }
            return values;
        }
    }
}

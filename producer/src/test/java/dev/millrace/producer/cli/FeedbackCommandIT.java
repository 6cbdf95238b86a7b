package dev.millrace.producer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.Feedback;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.WireDeserializer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FeedbackCommandIT {
    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

    @TempDir
    Path folder;

    private final Topics topics = new Topics(KafkaBroker.freshPrefix());

    @Test
    void publishesLabelsAtTheirRequestIds() throws Exception {
        createTopics();
        Path file =
                Files.writeString(folder.resolve("labels.csv"), "r1,Sneaker\n\n r2 , Dress, long \nr1,Ankle boot\n");

        CommandRun many = feedback("--file", file.toString(), "--by", "qa");
        CommandRun one = feedback("r3", "T-shirt/top");

        assertThat(many.err()).isEmpty();
        assertThat(many.code()).isZero();
        assertThat(many.out()).isEqualTo("3 of 3 labels published%n".formatted());
        assertThat(one.code()).isZero();
        assertThat(published(4))
                .as("the later one of r1 supersedes")
                .containsExactly(
                        "r1: Ankle boot by qa",
                        "r2: Dress, long by qa",
                        "r3: T-shirt/top by " + System.getProperty("user.name"));
    }

    @Test
    void publishesNothingOfAFileWithALineOfAnotherForm() throws Exception {
        createTopics();
        Path file = Files.writeString(folder.resolve("labels.csv"), "r1,Sneaker\nr2 Dress\n");

        CommandRun run = feedback("--file", file.toString());

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("labels.csv, line 2: r2 Dress (expected: REQUEST_ID,LABEL)");
        assertThat(published(0)).isEmpty();
    }

    @Test
    void namesTheTopicThatIsMissingAndWhatToSay() throws Exception {
        assertThat(feedback("r1", "a").err()).contains(topics.feedback());
        assertThat(feedback("r1").code()).isEqualTo(2);
        assertThat(feedback("r1").err()).contains("REQUEST_ID LABEL, or --file FILE (expected: one of them)");
    }

    private void createTopics() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", BROKER.bootstrapServers()))) {
            new TopicProvisioner(admin).createMissing(topics.catalogue(1, (short) 1));
        }
    }

    private CommandRun feedback(String... arguments) {
        String[] all = new String[arguments.length + 5];
        all[0] = "feedback";
        all[1] = "--bootstrap";
        all[2] = BROKER.bootstrapServers();
        all[3] = "--prefix";
        all[4] = topics.prefix();
        System.arraycopy(arguments, 0, all, 5, arguments.length);
        return CommandRun.of(all);
    }

    /** The last label of every request id, after so many records. */
    private List<String> published(int records) {
        TopicPartition partition = new TopicPartition(topics.feedback(), 0);
        Map<String, String> last = new TreeMap<>();
        try (KafkaConsumer<String, Feedback> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", BROKER.bootstrapServers()),
                new StringDeserializer(),
                new WireDeserializer<>(Feedback.class))) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            assertThat(end).isEqualTo(records);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(100))
                        .forEach(record -> last.put(
                                record.key(),
                                record.value().getRequestId() + ": "
                                        + record.value().getLabel() + " by "
                                        + record.value().getObservedBy()));
            }
        }
        return List.copyOf(last.values());
    }
}

package dev.millrace.producer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.producer.EchoWorker;
import dev.millrace.producer.source.ImageSource;
import dev.millrace.producer.source.SourceImage;
import dev.millrace.producer.source.SourceLabels;
import dev.millrace.producer.source.SourceResolver;
import dev.millrace.schemas.Feedback;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.WireDeserializer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

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
    void saysWhereTheRequestsAreWhereTheFileDoes() throws Exception {
        createTopics();
        Path file = Files.writeString(
                folder.resolve("labels.csv"),
                "request_id,topic,partition,offset,label\nr1,in,3,17,Sneaker\nr2, in ,0 , 1,Dress, long\n");
        Path wrong = Files.writeString(
                folder.resolve("wrong.csv"), "request_id,topic,partition,offset,label\nr1,in,-1,17,Sneaker\n");

        CommandRun run = feedback("--file", file.toString(), "--by", "qa");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(published(2)).containsExactly("r1: Sneaker by qa at in 3 17", "r2: Dress, long by qa at in 0 1");
        assertThat(feedback("--file", wrong.toString()).err())
                .contains("wrong.csv, line 2: r1,in,-1,17,Sneaker"
                        + " (expected: REQUEST_ID,TOPIC,PARTITION,OFFSET,LABEL)");
    }

    @Test
    void sendsTheLabelsOfADatasetForTheResultsOfItsImages() throws Exception {
        createTopics();
        SourceLabels letters = new SourceLabels("letters", List.of("a", "b"));
        List<String> ids = List.of(letters.requestId(0), letters.requestId(1), "r3", letters.requestId(1));
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", BROKER.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (String id : ids) {
                producer.send(new ProducerRecord<>(topics.results(), EchoWorker.encode(EchoWorker.result(id))))
                        .get();
            }
            // At least once: the same result again.
            producer.send(new ProducerRecord<>(topics.results(), EchoWorker.encode(EchoWorker.result(ids.get(0)))))
                    .get();
        }

        CommandRun some = feedbackKnowing(letters, "--dataset", "letters", "--by", "qa", "--limit", "1");
        CommandRun all = feedbackKnowing(letters, "--dataset", "letters", "--by", "qa", "--since", "10m");
        CommandRun none = feedbackKnowing(new SourceLabels("digits", List.of("0")), "--dataset", "digits");
        CommandRun unknown = feedbackKnowing(letters, "--dataset", "absent");

        assertThat(some.out()).isEqualTo("1 of 1 labels published%n".formatted());
        assertThat(all.out()).isEqualTo("3 of 3 labels published%n".formatted());
        assertThat(all.code()).as(all.err()).isZero();
        assertThat(published(4))
                .containsExactlyInAnyOrder(
                        ids.get(0) + ": a by qa at requests 0 7",
                        ids.get(1) + ": b by qa at requests 0 7",
                        ids.get(3) + ": b by qa at requests 0 7");
        assertThat(none.code()).isEqualTo(1);
        assertThat(none.err())
                .contains("results: none of digits (expected: of requests that `millrace produce digits` has sent)");
        assertThat(unknown.code()).isEqualTo(1);
        assertThat(unknown.err()).contains("absent: no such source (expected: ");
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
        assertThat(feedback("r1").err())
                .contains("REQUEST_ID LABEL, --file FILE or --dataset SPEC (expected: one of them)");
    }

    private void createTopics() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", BROKER.bootstrapServers()))) {
            new TopicProvisioner(admin).createMissing(topics.catalogue(1, (short) 1));
        }
    }

    private CommandRun feedback(String... arguments) {
        return CommandRun.of(onBroker(arguments));
    }

    private CommandRun feedbackKnowing(SourceLabels labels, String... arguments) {
        String[] all = onBroker(arguments);
        return CommandRun.of(
                new CommandLine(new FeedbackCommand(List.of(new Labelled(labels)))),
                Arrays.copyOfRange(all, 1, all.length));
    }

    private String[] onBroker(String... arguments) {
        String[] all = new String[arguments.length + 5];
        all[0] = "feedback";
        all[1] = "--bootstrap";
        all[2] = BROKER.bootstrapServers();
        all[3] = "--prefix";
        all[4] = topics.prefix();
        System.arraycopy(arguments, 0, all, 5, arguments.length);
        return all;
    }

    /** A source that {@code labels} names, without images. */
    private record Labelled(SourceLabels labels) implements ImageSource, SourceResolver {
        @Override
        public String name() {
            return labels.source();
        }

        @Override
        public OptionalLong size() {
            return OptionalLong.empty();
        }

        @Override
        public Iterator<SourceImage> iterator() {
            return Collections.emptyIterator();
        }

        @Override
        public String forms() {
            return labels.source();
        }

        @Override
        public Optional<ImageSource> resolve(String spec) {
            return spec.equals(labels.source()) ? Optional.of(this) : Optional.empty();
        }
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
                                        + record.value().getObservedBy()
                                        + place(record.value())));
            }
        }
        return List.copyOf(last.values());
    }

    private static String place(Feedback feedback) {
        return feedback.getSourceTopic().isEmpty() && feedback.getSourcePartition() == -1
                ? ""
                : " at %s %d %d"
                        .formatted(
                                feedback.getSourceTopic(), feedback.getSourcePartition(), feedback.getSourceOffset());
    }
}

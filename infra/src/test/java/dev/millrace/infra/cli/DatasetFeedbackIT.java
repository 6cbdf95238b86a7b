package dev.millrace.infra.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.infra.CommandProcess;
import dev.millrace.schemas.Feedback;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.WireDeserializer;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetSpec;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The labels of a data set for images that were changed on their way: who judges by them sees what the model makes of such images. */
class DatasetFeedbackIT {
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final String BUNDLED = "bundled:fashion-mnist";
    private static final int IMAGES = 300;
    private static final int PARTITIONS = 2;

    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

    @TempDir
    Path folder;

    private final Topics topics = new Topics(KafkaBroker.freshPrefix());

    /** Of requests, how many were answered with their label. */
    private record Tally(int requests, int right) {
        Tally plus(Tally other) {
            return new Tally(requests + other.requests, right + other.right);
        }

        double accuracy() {
            return (double) right / requests;
        }
    }

    @Test
    void labelsAreRightForEveryRequestAndShowThatTheModelDoesNotKnowInvertedImages() throws Exception {
        run("topics", "--partitions", "" + PARTITIONS);
        String key = folder.resolve("release").toString();
        assertThat(Millrace.commandLine().execute("models", "keygen", key)).isZero();
        run("models", "publish", BUNDLED, "--key", key + ".key");
        try (CommandProcess worker = CommandProcess.start(
                folder,
                onBroker(
                        "worker",
                        "--group",
                        topics.prefix() + "workers",
                        "--http-port",
                        "0",
                        "--lanes",
                        "cpu:none",
                        "--trusted-keys",
                        key + ".pub"))) {
            worker.awaitOutput("^Worker \\S+ serving ", LIMIT);
            run("produce", "--await", "--timeout", "180s", "--count", "" + IMAGES, BUNDLED);
            run("produce", "--await", "--timeout", "180s", "--count", "" + IMAGES, "--corrupt", "invert", BUNDLED);
        }

        String said = run("feedback", "--dataset", BUNDLED, "--since", "1h", "--by", "qa");

        assertThat(said).isEqualTo("600 of 600 labels published%n".formatted());
        Map<Boolean, Tally> tallies = tallies();
        System.out.println("by whether images were inverted: " + tallies);
        Tally plain = tallies.getOrDefault(false, new Tally(0, 0));
        Tally inverted = tallies.getOrDefault(true, new Tally(0, 0));
        assertThat(plain.requests()).isEqualTo(IMAGES);
        assertThat(inverted.requests()).isEqualTo(IMAGES);
        assertThat(plain.accuracy()).isGreaterThan(0.9);
        assertThat(inverted.accuracy()).isLessThan(0.5);
    }

    private Map<Boolean, Tally> tallies() throws Exception {
        Dataset data = DatasetSpec.parse(BUNDLED).load();
        Map<String, ImageRequest> requests = new HashMap<>();
        for (ConsumerRecord<String, ImageRequest> record : all(topics.requests(), PARTITIONS, ImageRequest.class)) {
            requests.put(record.partition() + "/" + record.offset(), record.value());
        }
        Map<String, String> answers = new HashMap<>();
        for (ConsumerRecord<String, InferenceResult> record :
                all(topics.results(), PARTITIONS, InferenceResult.class)) {
            answers.put(
                    record.value().getRequestId(),
                    record.value().getLabels().get(0).getLabel());
        }
        Map<Boolean, Tally> tallies = new HashMap<>();
        for (ConsumerRecord<String, Feedback> record : all(topics.feedback(), PARTITIONS, Feedback.class)) {
            Feedback feedback = record.value();
            assertThat(feedback.getSourceTopic()).isEqualTo(topics.requests());
            ImageRequest request = requests.get(feedback.getSourcePartition() + "/" + feedback.getSourceOffset());
            assertThat(request).as("%s", feedback).isNotNull();
            assertThat(request.getRequestId()).isEqualTo(feedback.getRequestId());
            int index = Integer.parseInt(feedback.getRequestId().split("/")[1]);
            assertThat(feedback.getLabel())
                    .isEqualTo(data.classes().get(data.test().label(index)));
            boolean inverted = isInverted(request.getBytes(), data.test().image(index));
            boolean right = feedback.getLabel().equals(answers.get(feedback.getRequestId()));
            tallies.merge(inverted, new Tally(1, right ? 1 : 0), Tally::plus);
        }
        return tallies;
    }

    /** Whether these are the pixels of that image turned over; else they are as they were. */
    private static boolean isInverted(ByteBuffer sent, byte[] image) {
        if (sent.equals(ByteBuffer.wrap(image))) {
            return false;
        }
        byte[] inverted = image.clone();
        for (int i = 0; i < image.length; i++) {
            inverted[i] = (byte) ~image[i];
        }
        assertThat(sent).isEqualTo(ByteBuffer.wrap(inverted));
        return true;
    }

    private <T extends SpecificRecord> List<ConsumerRecord<String, T>> all(
            String topic, int partitions, Class<T> type) {
        List<TopicPartition> all = new ArrayList<>();
        for (int partition = 0; partition < partitions; partition++) {
            all.add(new TopicPartition(topic, partition));
        }
        List<ConsumerRecord<String, T>> records = new ArrayList<>();
        try (KafkaConsumer<String, T> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", BROKER.bootstrapServers()),
                new StringDeserializer(),
                new WireDeserializer<>(type))) {
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            while (all.stream()
                    .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
        }
        return records;
    }

    /** In this process; gives what it printed. */
    private String run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = Millrace.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(onBroker(arguments));
        assertThat(exit).as("%s: %s%s", List.of(arguments), out, err).isZero();
        return out.toString();
    }

    private String[] onBroker(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--bootstrap", BROKER.bootstrapServers(), "--prefix", topics.prefix()));
        return all.toArray(String[]::new);
    }
}
